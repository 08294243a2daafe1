"""Networks: architectures behind one contract, and checkpoints of them."""
