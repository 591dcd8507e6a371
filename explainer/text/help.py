"""What `explain --help` says, in both languages."""

from __future__ import annotations

from explainer.text.bi import Bi

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
    "ledger": Bi("列出各工具会给出的数及其由来", "what each tool would print for this model, and why"),
    "measure": Bi("真正保存一次，量出文件大小", "save the model once for real and measure the file"),
    "train": Bi("按训练模式运行", "explain the training mode instead of evaluation"),
    "real": Bi(
        "带权重在CPU上真实运行（用于结果取决于数值的模型）",
        "run for real on the CPU, weights and all (for models that depend on values)",
    ),
    "debug": Bi("出错时显示完整回溯", "show the traceback of an error"),
}
