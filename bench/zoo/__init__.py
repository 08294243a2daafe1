"""Networks that are named, not registered: those of timm, torchvision and transformers, a user's own, and programs.

Each is opened as a torch module at hand, with the input transform that its library says.
"""
