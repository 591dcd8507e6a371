"""What `explain --help` says, in both languages."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi

HELP = Bi(
    zh="展示神经网络的推导过程：每一层的参数量、输出尺寸和计算量，公式、代入、逐步化简，并与PyTorch核对。",
    en="Show the working of a neural network: every layer's parameters, output size and computation, formula, numbers, each step, "
    "checked against PyTorch.",
)
EXPLAIN_HELP = Bi(
    zh="推导一个模型；“model”可以省略，写 explain vgg16 即可。MODEL是torchvision的模型名（vgg16）、文件里的类（net.py:Net）、"
    "package.module:Name、timm:NAME、hf:NAME，或权重文件（.pt、.safetensors）。",
    en="Explain a model; the word 'model' may be left out: explain vgg16. MODEL is a torchvision name (vgg16), a class in a "
    "file (net.py:Net), package.module:Name, timm:NAME, hf:NAME, or a file of weights (.pt, .safetensors).",
)
RENDER_HELP = Bi(
    zh="把手工改过的Markdown排成PDF或HTML。", en="Turn Markdown, edited by hand perhaps, into PDF or HTML."
)
WHICH_HELP = Bi(
    zh='查一个数是怎么来的：哪个工具会报出它，其中包含什么。例如 explain which vgg16 15523225576，或 explain which vgg16 "527.79 MiB"。',
    en="Say where a number comes from: which tool prints it, and what is in it. For example explain which vgg16 15523225576, or "
    'explain which vgg16 "527.79 MiB".',
)
ASK_HELP = Bi(
    zh='批改一道题。QUESTION形如 features.0.params；ANSWER可以是数、算式或推导过程，如 "(3*3*3+1)*64"。',
    en="Judge one answer. QUESTION is for example features.0.params; ANSWER is a number, a formula or working, such as "
    '"(3*3*3+1)*64".',
)
CHECK_HELP = Bi(
    zh="批改作业：一个文件（.csv .md .json .xlsx .docx .pdf .ipynb，或 - 表示在终端输入），或一个文件夹里全班的作业。"
    "带编号的练习题不用写模型。",
    en="Check homework: a file (.csv .md .json .xlsx .docx .pdf .ipynb, or - to type the answers), or a folder with a whole "
    "class's. A worksheet with an id needs no model.",
)
WORKSHEET_HELP = Bi(
    zh="出练习题：就一个模型（explain worksheet vgg16 -o sheet.pdf），或就若干知识点（--topic conv,batchnorm）；可附答案、"
    "错答速查表、学生版推导。-o 的结尾可以是 .md .html .csv .pdf、.json（保存，以后不需PyTorch），或 .xml（Moodle）.gift .zip（QTI）.ipynb。",
    en="Make worksheets: on a model (explain worksheet vgg16 -o sheet.pdf) or on topics (--topic conv,batchnorm), with answer "
    "keys, look-up sheets for marking, and students' editions. -o ends in .md .html .csv .pdf, .json (saved, to go on "
    "without PyTorch), or .xml (Moodle) .gift .zip (QTI) .ipynb.",
)
COMPARE_HELP = Bi(
    zh="把学生写的模型与参考模型比较，说出哪些层不同、差在哪里：explain compare submission.py:Net reference.py:Net。"
    "学生的代码在隔离的进程中运行。",
    en="Compare a student's model with the reference and say in which layers they differ, and by what: explain compare "
    "submission.py:Net reference.py:Net. The student's code runs in an isolated process.",
)
LIST_HELP = Bi(
    zh="列出模型名称，可带通配符，如 resnet*。", en="List model names; a pattern may have wildcards: resnet*."
)
DOCTOR_HELP = Bi(
    zh="检查安装情况，缺什么该怎么装。", en="Say what is installed and works, and what to type for what is missing."
)
VERSION_HELP = Bi(zh="显示版本号", en="show the version")
OPTION_HELP = {
    "lang": Bi(
        "语言：zh、en 或 zh,en（双语）；默认按系统语言", "language: zh, en, or zh,en for both; default: the locale's"
    ),
    "input": Bi(
        "输入形状，批量在前，如 1,3,224,224 或 1,128:int64；可重复",
        "input shape, batch first: 1,3,224,224 or 1,128:int64; may be repeated",
    ),
    "arg": Bi("构造参数，如 num_classes=10；可重复", "constructor argument, num_classes=10; may be repeated"),
    "output": Bi(
        "输出文件，格式由结尾决定：.md .html .pdf .json；可重复",
        "output file, its ending the format: .md .html .pdf .json; may be repeated",
    ),
    "detail": Bi("详略：brief、standard、full", "how much: brief, standard or full"),
    "group": Bi(
        "合计方式：block（顶层模块）、kind（层的类型）、stage（特征图大小）",
        "subtotals by top-level block, by kind of layer, or by stage (size of the feature map)",
    ),
    "times": Bi("乘号：· 或 ×", "the sign between factors: · or ×"),
    "terms": Bi(
        '术语文件（TOML），如 "步幅" = "步长"', 'a TOML file of terms of your own, such as "kernel" = "filter"'
    ),
    "show": Bi(
        "每层显示什么，逗号隔开：params,shape,macs,memory,receptive-field，或 all；默认前三项",
        "what to show of each layer: params,shape,macs,memory,receptive-field, or all; default: the first three",
    ),
    "batch": Bi("批量大小（各输入的第一维）", "batch size (the first dimension of every input)"),
    "ledger": Bi("列出各工具报出的数及其由来", "what each tool would print for this model, and why"),
    "measure": Bi("真正保存一次，量出文件大小", "save the model once for real and measure the file"),
    "json": Bi("以JSON输出", "print JSON"),
    "hint": Bi("只给提示，不给答案", "a hint only, not the answer"),
    "grades": Bi("成绩表：.csv 或 .xlsx", "the table of grades: .csv or .xlsx"),
    "feedback": Bi("反馈页的文件夹，每份作业一页", "a folder for the feedback pages, one for each submission"),
    "summary": Bi("给教师的小结：.html .md .pdf .json", "the teacher's summary: .html .md .pdf .json"),
    "pages": Bi("反馈页的格式：html、md、pdf", "the format of the feedback pages: html, md or pdf"),
    "questions": Bi("计分的题目，每行一个；可带分值", "the questions that count, one a line; with marks if you like"),
    "rubric": Bi("评分标准（TOML）", "a rubric (TOML)"),
    "sheet_code": Bi("没写练习编号的答卷，一律按这个编号批改", "the worksheet's id, for answers that do not carry it"),
    "variants": Bi(
        "谁做的是哪份练习：student,sheet 两列（即 sheets.csv）",
        "who has which worksheet: student,sheet (as in sheets.csv)",
    ),
    "marks": Bi(
        "老师评的分：student,question,score 三列", "marks given by hand, taken into the grades: student,question,score"
    ),
    "new_rubric": Bi("写出一份可修改的评分标准", "write a rubric that can be edited"),
    "topic": Bi("知识点，逗号隔开，如 conv,batchnorm 或 卷积，批归一化", "topics: conv,batchnorm"),
    "sheet": Bi(
        "练习题的文件，格式由结尾决定；可重复；与 --students 合用时是文件夹",
        "the worksheet's file, its ending the format; may be repeated; with --students a folder",
    ),
    "key": Bi("参考答案的文件", "the answer key's file"),
    "keys": Bi("每人一份参考答案（与 --students 合用）", "an answer key for every student (with --students)"),
    "lookup": Bi(
        "错答速查表的文件：可能的错误答案及其原因",
        "the look-up sheet's file: likely wrong numbers and the mistakes behind them",
    ),
    "count": Bi("题数，默认10", "how many questions; default: 10"),
    "seed": Bi("随机种子；种子相同，题目相同", "the seed; the same seed gives the same questions"),
    "level": Bi("难度：1、2、3", "how hard: 1, 2 or 3"),
    "style": Bi("题型：number、formula、choice 或 mixed", "how to answer: number, formula, choice or mixed"),
    "students": Bi("学生名单（CSV），每人一份不同的题", "a list of students (CSV): a variant for each"),
    "papers": Bi("卷别，如 A,B", "papers, such as A,B"),
    "edition": Bi("学生版推导的文件：留出空格待填", "the file of a students' edition of the walkthrough, with blanks"),
    "blank": Bi(
        "学生版留空的步骤：formula,substituted,last,values",
        "what a students' edition leaves blank: formula,substituted,last,values",
    ),
    "near": Bi("答案允许的相对误差，例如1%", "share by which a number may be off, for example 1%"),
    "layout": Bi("形状的写法：nhwc把通道放在最后", "how shapes are written: nhwc has the channels last"),
    "notation": Bi("本课自己的记号：[notation] 表", "the class's own notation: a table [notation]"),
    "tolerance": Bi(
        "导出时数值题的容差：50、0.5% 或 3sf", "the tolerance of numerical questions in an export: 50, 0.5% or 3sf"
    ),
    "format": Bi(
        "导出格式：moodle、gift、qti21、qti12、notebook；与 --students 合用时为 pdf、html、md 或 csv",
        "the export format: moodle, gift, qti21, qti12 or notebook; with --students pdf, html, md or csv",
    ),
    "page": Bi("比较结果的页面：.md .html .pdf；可重复", "a page of the comparison: .md .html .pdf; may be repeated"),
    "train": Bi("按训练模式运行", "explain the training mode instead of evaluation"),
    "real": Bi(
        "带权重在CPU上真实运行（用于结果取决于数值的模型）",
        "run for real on the CPU, weights and all (for models that depend on values)",
    ),
    "no_cache": Bi(
        "不用缓存：重新运行模型，也不保存结果", "leave the cache alone: run the model again, and keep nothing"
    ),
    "clear_cache": Bi("清空缓存", "empty the cache"),
    "debug": Bi("出错时显示完整回溯", "show the traceback of an error"),
}
