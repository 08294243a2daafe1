"""The files of a paper's table of the tests' own: embedded data, and networks that train in a second."""

from __future__ import annotations

TABLE = """
title = "A table of digits"
recipe = "smoke"
protocol = "paper-holdout"
seeds = 2
joined = true
notes = ["A remark on all of it."]

[citation]
title = "On Digits"
authors = "Somebody"
year = 2020

[names]
convnet = "ConvNet"
"digits-0to6" = "Digits 0-6"
"digits-7to9" = "Digits 7-9"
uniform = "Uniform"
"lsun-resize" = "LSUN"
made-up = "Made up"

[lacking]
made-up = "it was made up"

[options.noise-unnormalized]
about = "noise is fed un-normalised"
settings = { "uniform.normalized" = false }

[[methods]]
key = "baseline"
title = "Baseline"
method = "msp"

[[methods]]
key = "odin"
title = "ODIN"
method = "odin"
parameters = { epsilon = "epsilon" }

[[methods]]
key = "confidence"
title = "Confidence"
method = "confidence"

[[methods]]
key = "secret"
title = "Secret"
lacking = "nobody knows how it works"

[[columns]]
metric = "classification_error"
title = "Error"
higher_is_better = false
place = ""
decimals = 2

[[columns]]
metric = "fpr_at_95_tpr_band"
published = "fpr_at_95_tpr"
title = "FPR@95"
higher_is_better = false

[[columns]]
metric = "auroc"
title = "AUROC"
higher_is_better = true

[[rows]]
network = "convnet"
id = "digits-0to6"
ood = ["digits-7to9", "uniform", "lsun-resize", "made-up"]
methods = ["baseline", "confidence"]

[[rows]]
network = "resnet20"
id = "digits-0to6"
ood = ["digits-7to9"]
methods = ["baseline", "secret"]
"""

PUBLISHED = """
source,table,model,id_dataset,ood_dataset,method,metric,value,std,note
x,1,ConvNet,Digits 0-6,,Baseline,classification_error,1.1,,
x,1,ConvNet,Digits 0-6,,Confidence,classification_error,1.25,,
x,1,ConvNet,Digits 0-6,Digits 7-9,Baseline,auroc,95.0,0.4,
x,1,ConvNet,Digits 0-6,Digits 7-9,Confidence,auroc,96.0,,
x,1,ConvNet,Digits 0-6,LSUN,Confidence,auroc,97.0,,
x,1,ConvNet,Digits 0-6,Digits 7-9,ODIN,epsilon,0.003,,
x,1,ConvNet,Digits 0-6,Uniform,ODIN,epsilon,0.001,,
"""
