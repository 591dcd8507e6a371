"""The terms of the lesson in both languages, with what each means; a teacher may replace them (`--terms`)."""

from __future__ import annotations

from msgspec import Struct

from explainer.i18n.bilingual import Bi


class Term(Struct, frozen=True):
    """A term and its meaning in one sentence."""

    name: Bi
    meaning: Bi


def _term(zh: str, en: str, means_zh: str, means_en: str) -> Term:
    return Term(Bi(zh, en), Bi(means_zh, means_en))


TERMS: tuple[Term, ...] = (
    _term("参数量", "parameter count", "模型中可学习参数的总个数", "how many numbers are learned in training"),
    _term(
        "计算量",
        "computation",
        "前向传播中乘加的次数，只计卷积和矩阵乘法",
        "how many multiply-accumulates a forward pass takes, in convolutions and matrix products",
    ),
    _term(
        "乘加",
        "multiply-accumulate",
        "做一次乘法，并把乘积累加起来",
        "one multiplication whose product is added to a sum",
    ),
    _term("权重", "weight", "与输入值相乘的可学习参数", "a learned number that an input is multiplied by"),
    _term("偏置", "bias", "加在加权和上的可学习参数", "a learned number added to a weighted sum"),
    _term(
        "卷积层",
        "convolutional layer",
        "让卷积核在特征图上逐位置滑动、作加权求和的层",
        "a layer whose kernels slide over the whole feature map",
    ),
    _term("卷积核", "kernel", "卷积层中产生一个输出通道的一组权重", "the weights that make one output channel"),
    _term(
        "通道",
        "channel",
        "特征图中的一个二维平面，如RGB图像的红色分量",
        "one two-dimensional plane of a feature map, such as the red part of an RGB image",
    ),
    _term(
        "特征图",
        "feature map",
        "卷积或池化的输入、输出，形状为通道×高×宽",
        "what convolution and pooling take and make: channels × height × width",
    ),
    _term("步幅", "stride", "窗口每次移动的格数", "how far the window moves each time"),
    _term(
        "填充",
        "padding",
        "在特征图每侧补上的行数或列数（通常补0）",
        "rows or columns added on each side of the feature map, usually zeros",
    ),
    _term(
        "膨胀率",
        "dilation",
        "卷积核相邻两个元素在特征图上的间距（相邻两格的间距为1）",
        "the distance between neighbouring kernel cells on the feature map",
    ),
    _term(
        "分组卷积",
        "grouped convolution",
        "把通道分成几组、各组分别进行的卷积",
        "a convolution that works on groups of channels separately",
    ),
    _term(
        "深度卷积",
        "depthwise convolution",
        "每个通道自成一组的卷积",
        "a convolution in which every channel is a group of its own",
    ),
    _term(
        "转置卷积",
        "transposed convolution",
        "把特征图放大的卷积，尺寸关系与卷积相反",
        "a convolution that enlarges: its sizes run the other way round",
    ),
    _term(
        "池化层",
        "pooling layer",
        "用窗口内的最大值或平均值代表整个窗口的层",
        "a layer that keeps the maximum or mean of each window",
    ),
    _term(
        "全连接层",
        "fully connected layer",
        "每个输出都与全部输入相连的层",
        "a layer in which every output is connected to every input",
    ),
    _term("神经元", "neuron", "全连接层的一个输出单元", "one output of a fully connected layer"),
    _term(
        "批归一化",
        "batch normalization",
        "按通道减去均值、除以标准差，再缩放、平移；训练时用当前批量的统计量，评估时用滑动均值和滑动方差",
        "subtracting each channel's mean and dividing by its standard deviation, then scaling and shifting; training uses the batch's statistics, evaluation the running ones",
    ),
    _term(
        "激活层",
        "activation layer",
        "对每个值分别施加非线性函数的层",
        "a layer that applies a nonlinear function to each value",
    ),
    _term(
        "丢弃层",
        "dropout layer",
        "训练时随机置零、评估时不起作用的层",
        "a layer that zeroes values at random in training and does nothing in evaluation",
    ),
    _term(
        "嵌入层",
        "embedding layer",
        "把每个索引（如词元的编号）换成一个可学习的向量的层",
        "a layer that turns each index, such as a token's number, into a learned vector",
    ),
    _term(
        "循环层",
        "recurrent layer",
        "沿序列逐步计算、把上一步的状态传给下一步的层",
        "a layer that goes along a sequence step by step and hands its state on",
    ),
    _term(
        "隐藏状态",
        "hidden state",
        "循环层传给下一个时间步的一组数",
        "the numbers that a recurrent layer hands on to the next time step",
    ),
    _term(
        "长短期记忆",
        "long short-term memory",
        "用门控制记忆元保留多少、更新多少的循环层",
        "a recurrent layer whose gates decide how much of its cell is kept and how much renewed",
    ),
    _term(
        "门控循环单元",
        "gated recurrent unit",
        "用重置门和更新门控制隐藏状态的循环层",
        "a recurrent layer whose reset and update gates control its state",
    ),
    _term("遗忘门", "forget gate", "决定记忆元保留多少的门", "the gate that decides how much of the cell is kept"),
    _term("词元", "token", "文本切分后的最小单位，以编号表示", "the smallest piece of a text, given as a number"),
    _term(
        "前馈网络",
        "feed-forward network",
        "对每个位置单独进行的两层全连接变换",
        "two fully connected layers that work on each position by itself",
    ),
    _term("时间步", "time step", "序列中的一个位置", "one position of a sequence"),
    _term(
        "注意力",
        "attention",
        "按查询与各个键的相似程度，对各个值加权求和",
        "a weighted sum of values; the weights say how well a query matches each key",
    ),
    _term(
        "层归一化",
        "layer normalization",
        "在每个位置自己的各个特征上减去均值、除以标准差，再缩放、平移",
        "subtracting the mean of one position's features and dividing by their standard deviation, then scaling and shifting",
    ),
    _term(
        "感受野",
        "receptive field",
        "输出上一点的值取决于原图上多大的区域",
        "how large a region of the input one point of the output depends on",
    ),
    _term(
        "累计步幅",
        "effective stride",
        "特征图上相邻两点在原图上的距离",
        "how far apart neighbouring points of a feature map lie in the input",
    ),
    _term(
        "计算强度",
        "arithmetic intensity",
        "浮点运算次数与读写字节数之比",
        "floating-point operations for each byte read or written",
    ),
    _term(
        "KV缓存",
        "KV cache",
        "逐个生成词元时保留的键和值，以免重算",
        "the keys and values kept while tokens are generated one by one, so as not to compute them again",
    ),
    _term("展平", "flatten", "把多维特征图排成一个长向量", "laying a feature map out as one long vector"),
    _term(
        "残差连接",
        "residual connection",
        "把块的输入直接加到输出上的捷径",
        "a shortcut that adds a block's input to its output",
    ),
    _term("拼接", "concatenation", "沿某一维把几个张量首尾相接", "joining tensors end to end along one dimension"),
    _term("上采样", "up-sampling", "按插值放大特征图", "enlarging a feature map by interpolation"),
    _term(
        "缓冲区",
        "buffer",
        "属于模型、但不由梯度学习的数，如滑动均值",
        "numbers that belong to the model but are not learned by gradient, such as running means",
    ),
    _term(
        "批量",
        "batch",
        "一起处理的一组样本，其个数称为批量大小",
        "a group of samples processed together; their number is the batch size",
    ),
)
