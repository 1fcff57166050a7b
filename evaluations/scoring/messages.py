"""What the verifier says, in Chinese; it runs without the portal's translations."""

from evaluations.scoring import verify as v
from evaluations.scoring.problems import Problem

SAME = "Identical: %(projects)s projects and %(enterprises)s enterprises of %(district)s, %(period)s (%(kind)s %(sequence)s), recomputed line by line. Digest %(digest)s"
WITHDRAWN = "%(subject)s: withdrawn from display; its values are kept under the pseudonym and were recomputed"
DIFFERENT = "%(count)s differences: the bundle does not state what its inputs give"
MORE = "… and %(count)s more"

CHINESE = {
    SAME: "一致：%(district)s %(period)s（%(kind)s 第 %(sequence)s 号）的 %(projects)s 个项目、%(enterprises)s 家企业逐行重算，结果与公布数据相同。摘要 %(digest)s",
    WITHDRAWN: "%(subject)s：已停止公示；其数值以代号保留，并已参与重算",
    DIFFERENT: "发现 %(count)s 处不一致：公布的结果与其输入数据重算的结果不同",
    MORE: "……另有 %(count)s 处",
    v.DIFFERS: "%(file)s 第 %(line)s 行，%(subject)s %(item)s：%(field)s 公布为 %(stated)s，重算为 %(computed)s",
    v.NO_LINE: "%(file)s：缺少 %(subject)s %(item)s 一行",
    v.EXTRA_LINE: "%(file)s 第 %(line)s 行：不应有 %(subject)s %(item)s",
    v.FILE_DIGEST: "%(file)s：内容与清单中的摘要不符",
    v.MANIFEST_DIGEST: "manifest.json：清单与其自身摘要不符",
    v.ENTRY_DIGEST: "entries.jsonl：%(subject)s 的条目与清单中的摘要不符",
    v.NO_ENTRY: "entries.jsonl：按规则 %(subject)s 应为 %(colour)s，但没有条目，也未说明为何不列入",
    v.UNKNOWN_DIGEST: "manifest.json：有 %(subject)s 的摘要，但没有相应条目",
    v.CHAIN: "manifest.json：所载上一期摘要为 %(stated)s，而上一期数据包的摘要为 %(computed)s",
    v.RUBRIC: "rubric.json：%(problem)s",
    "“%(file)s” is not a whole bundle: %(missing)s is missing in it. Fetch it again.": "“%(file)s”不是完整的数据包：缺少 %(missing)s。请重新下载。",
    "“%(file)s” holds files that do not belong to a bundle: %(extra)s.": "“%(file)s”含有不属于数据包的文件：%(extra)s。",
    "“%(file)s” would unpack to more than a bundle can be.": "“%(file)s”解压后超出数据包应有的大小。",
    "“%(file)s” cannot be read as a ZIP file (%(why)s). It may be cut off: fetch it again.": "“%(file)s”无法作为 ZIP 文件读取（%(why)s），可能下载不完整，请重新下载。",
    "%(file)s, %(where)s: “%(field)s” is missing or does not have the form of a bundle.": "%(file)s（%(where)s）：缺少“%(field)s”，或其格式不符合数据包要求。",
    "%(file)s, %(where)s: not readable (%(why)s).": "%(file)s（%(where)s）：无法读取（%(why)s）。",
    "The rubric cannot be read: “%(where)s” is missing or is not %(wanted)s.": "评分标准无法读取：缺少“%(where)s”，或其内容不是 %(wanted)s。",
}


def say(problem: Problem, language: str) -> str:
    """Return the sentence of a problem in `zh` or `en`."""
    template = CHINESE.get(problem.template, problem.template) if language == "zh" else problem.template
    return template % problem.values
