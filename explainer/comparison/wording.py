"""The sentences of a comparison, and the names of the settings."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi

SETTINGS: dict[str, Bi] = {
    "C_in": Bi("输入通道数", "number of input channels"),
    "C_out": Bi("输出通道数（卷积核个数）", "number of output channels (kernels)"),
    "F_in": Bi("输入特征数", "number of input features"),
    "F_out": Bi("输出特征数（神经元个数）", "number of output features (neurons)"),
    "C": Bi("通道数", "number of channels"),
    "D": Bi("特征维数", "number of features"),
    "V": Bi("表的行数", "number of rows of the table"),
    "h": Bi("隐藏单元数", "number of hidden units"),
    "g": Bi("分组数", "number of groups"),
    "k": Bi("卷积核", "kernel"),
    "s": Bi("步幅", "stride"),
    "p": Bi("填充", "padding"),
    "d": Bi("膨胀率", "dilation"),
    "o": Bi("输出填充", "output padding"),
    "P": Bi("两侧填充之和", "padding of both sides together"),
    "eps": Bi("eps", "eps"),
    "momentum": Bi("动量", "momentum"),
    "affine": Bi("是否有缩放和平移参数", "setting affine"),
    "elementwise_affine": Bi("是否有缩放和平移参数", "setting elementwise_affine"),
    "track_running_stats": Bi("是否记录滑动均值和方差", "setting track_running_stats"),
    "negative_slope": Bi("负半轴斜率", "negative slope"),
    "padding_mode": Bi("填充方式", "padding mode"),
    "ceil_mode": Bi("是否向上取整", "setting ceil_mode"),
    "count_include_pad": Bi("求平均时是否计入填充", "setting count_include_pad"),
    "bidirectional": Bi("是否双向", "setting bidirectional"),
    "batch_first": Bi("批量维是否在前", "setting batch_first"),
    "num_layers": Bi("层数", "number of layers"),
    "num_heads": Bi("头数", "number of heads"),
    "num_groups": Bi("组数", "number of groups"),
    "dropout": Bi("丢弃概率", "dropout probability"),
    "output_size": Bi("输出大小", "output size"),
    "mode": Bi("插值方式", "mode"),
    "approximate": Bi("近似方式", "approximation"),
}
WINDOW = Bi("窗口", "window")
DROPOUT = Bi("丢弃概率", "dropout probability")
STEPS = ("RESHAPE", "ELEMENTWISE", "JOIN", "REDUCTION", "RESIZE", "MATRIX")
DIRECTION = ("d", "h", "w")
SHOULD = Bi(zh="{name}应为{expected}，提交的是{given}", en="the {name} should be {expected} and is {given} here")
BIAS_MISSING = Bi(zh="缺少偏置", en="the bias is missing")
BIAS_EXTRA = Bi(zh="不应有偏置", en="there should be no bias")
BIASES = Bi(
    zh="偏置个数应为{expected}，提交的是{given}", en="the number of biases should be {expected} and is {given} here"
)
OTHERWISE = Bi(zh="设置不同", en="it is set up differently")
MORE = Bi(zh="参数量多{n}", en="{n:more parameter|more parameters}")
FEWER = Bi(zh="参数量少{n}", en="{n:fewer parameter|fewer parameters}")
LAYER = Bi(zh="第{n}个{title}{path}", en="{title} {n}{path}")
AT = Bi(zh="（{path}）", en=" ({path})")
SENTENCES: dict[str, Bi] = {
    "settings": Bi(zh="{layer}：{changes}{more}。", en="{layer}: {changes}{more}."),
    "replaced": Bi(
        zh="{layer}：应为{title}，提交的是{other}{more}。", en="{layer}: should be {title} and is {other} here{more}."
    ),
    "missing": Bi(zh="缺少{layer}{more}。", en="Missing: {layer}{more}."),
    "extra": Bi(zh="多出{layer}{more}。", en="Not in the reference: {layer}{more}."),
    "moved": Bi(
        zh="{layer}的位置不同：在参考模型中是{place}，而这里的次序与之不同。",
        en="{layer} stands elsewhere: in the reference it is {place}, and here the order is different.",
    ),
    "shape": Bi(
        zh="{layer}：输出尺寸应为{expected}，提交的是{given}。",
        en="{layer}: the output should be {expected} and is {given} here.",
    ),
    "work": Bi(
        zh="{layer}：计算量应为{expected}次乘加，提交的是{given}次。",
        en="{layer}: it should take {expected} multiply-accumulates and takes {given} here.",
    ),
    "sharing": Bi(
        zh="{layer}：与其他层共享参数的情况不同{more}。",
        en="{layer}: it does not share its parameters with other layers as in the reference{more}.",
    ),
    "raw": Bi(zh="不属于任何层的参数不同{more}。", en="The parameters that belong to no layer differ{more}."),
    "input": Bi(
        zh="两个模型的输入不同：应为{expected}，提交的是{given}。",
        en="The inputs differ: they should be {expected} and are {given} here.",
    ),
    "output": Bi(
        zh="模型的输出应为{expected}，提交的是{given}。",
        en="The model's output should be {expected} and is {given} here.",
    ),
}
FOLLOWS = Bi(
    zh="另有{n}层的尺寸、参数量或计算量随之不同。",
    en="{n:further layer has|further layers have} another size, number of parameters or cost because of that.",
)
SAME = Bi(
    zh="✓ {name}与参考模型各层的参数量、尺寸和计算量都一致（共{params}个参数）。",
    en="✓ {name} agrees with the reference in every layer's parameters, sizes and cost ({params} parameters).",
)
UNDECIDED = Bi(
    zh="无法判定：{whose}的前向传播没有全部推导出来，已知的部分没有发现不同，其余部分无法比较。",
    en="Undecided: the forward pass of {whose} is not derived to its end; no difference is found in the part that is known, and the "
    "rest cannot be compared.",
)
PARTLY = Bi(
    zh="（{whose}的前向传播没有全部推导出来，只比较了已知的部分。）",
    en="(Not the whole forward pass of {whose} is derived; only the part that is known is compared.)",
)
THE_REFERENCE = Bi("参考模型", "the reference")
BOTH = Bi("两个模型", "both models")
DIFFERENT = Bi(
    zh="✗ {name}与参考模型有{n}处不同。",
    en="✗ {name} differs from the reference in {n:place|places}.",
)
TOTAL = Bi(
    zh="合计：参数量{params}；计算量（乘加）{macs}。",
    en="In all: parameters {params}; multiply-accumulates {macs}.",
)
EQUAL = Bi(zh="相同（{n}）", en="the same ({n})")
UNEQUAL = Bi(zh="应为{expected}，这里是{given}", en="{given}, where the reference has {expected}")
DIFFERENT_BEFORE = Bi(
    zh="✗ 没有运行到最后。出错之前，与参考模型有{n}处不同。",
    en="✗ It does not run to its end. Before it breaks, it differs from the reference in {n:place|places}.",
)
BREAKS = Bi(zh="出错之处：{why}", en="It breaks here: {why}")
NOT_RUN = Bi(zh="未能比较：{why}", en="Not compared: {why}")
PEERS = Bi(zh="✗ {first}与{second}不同。", en="✗ {first} and {second} differ.")
BUILT = Bi(zh="构造参数不同：{arguments}。", en="Built with other arguments: {arguments}.")
TITLE = Bi(zh="模型比较", en="Models compared")
