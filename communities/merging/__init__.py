"""What merging two compounds of the register would do: read here, written by `services.merges`.

`becomes` says for every foreign key to a compound what happens to its rows, `spans` adds up dated rows
(pure), `plan` puts the preview together. Nothing here writes.
"""

from communities.merging.becomes import BECOMES
from communities.merging.plan import MergePlan, plan_merge

__all__ = ["BECOMES", "MergePlan", "plan_merge"]
