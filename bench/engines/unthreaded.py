"""What a fork server imports first: from here on libraries start no threads of their own when they are imported.

Threads are not forked, while the locks that they hold are. Workers set their number of threads when they are there.
"""

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
