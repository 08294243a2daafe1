#!/usr/bin/env bash
# Builds the wheel and tries it where it must not disturb anybody: in a fresh environment beside Hugging Face's
# `datasets`, from a folder outside the checkout. Takes minutes and downloads both packages; run it before a release.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

"${PYTHON:-python3}" -m venv "$work/venv"
bin="$work/venv/bin"
mkdir "$work/source" "$work/elsewhere"
cp -R "$root"/{bench,methods,datasets,reports,pyproject.toml,README.md,LICENSE} "$work/source"
"$bin/pip" wheel --quiet --no-deps --wheel-dir "$work/dist" "$work/source"
"$bin/pip" install --quiet -c "$root/constraints.txt" datasets "$work"/dist/oodbench-*.whl

cd "$work/elsewhere"
theirs='import datasets; assert datasets.Dataset.from_dict({"x": [1, 2]}).num_rows == 2; print(datasets.__file__)'
before="$("$bin/python" -c "$theirs")"
"$bin/python" -c "import bench.datasets.cifar, datasets; assert datasets.Dataset; print('oodbench', bench.__version__)"
"$bin/bench" --help > /dev/null
"$bin/bench" list methods
"$bin/bench" list datasets > /dev/null
export BENCH_CACHE="$work/cache"
"$bin/bench" run --method msp --id digits --ood uniform --set recipe.epochs=1 --set uniform.count=200 --out "$work/out"

for kind in method dataset network; do                            # packages of a stranger's, beside the wheel
    "$bin/bench" new "$kind" "outside-$kind" --package > /dev/null
    "$bin/pip" install --quiet --no-deps "./oodbench-outside-$kind"
    "$bin/bench" list "${kind}s" | grep "^outside-$kind "
    "$bin/bench" check "outside-$kind" > /dev/null
done
"$bin/bench" run --method outside-method --id digits --ood outside-dataset --network outside-network \
    --set recipe.epochs=1 --out "$work/outside"

(cd "$root" && test "$("$bin/python" -c "$theirs")" = "$before")  # the checkout's datasets/ shadows nothing
"$bin/pip" uninstall --quiet --yes oodbench
test "$("$bin/python" -c "$theirs")" = "$before"                  # and our removal takes nothing of theirs along
echo "The wheel works beside Hugging Face's datasets $("$bin/pip" show datasets | sed -n 's/^Version: //p') and leaves it alone."
