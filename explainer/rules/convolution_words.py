"""What is said of convolutions: their kernels, groups, padding and cost."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi

HOLDS = Bi(
    zh="每个卷积核含{kernel}个权重，再加1个偏置，共{each}个参数；每个卷积核产生一个输出通道，{C_out}个卷积核产生{C_out}个输出通道。",
    en="Each kernel holds {kernel} weights plus one bias, {each} parameters in all; "
    "one kernel makes one output channel, so {C_out:kernel makes|kernels make} {C_out}.",
)
HOLDS_NO_BIAS = Bi(
    zh="每个卷积核含{kernel}个权重，没有偏置；每个卷积核产生一个输出通道，{C_out}个卷积核产生{C_out}个输出通道。",
    en="Each kernel holds {kernel} weights and no bias; one kernel makes one output channel, so "
    "{C_out:kernel makes|kernels make} {C_out}.",
)
RGB = Bi(
    zh="输入有3个通道（如RGB图像的红、绿、蓝）。",
    en="The input has three channels (an RGB image: red, green, blue).",
)
MADE = Bi(
    zh="卷积核由前面的步骤算出，不在这里计数；没有偏置。",
    en="The kernels are computed by earlier steps and not counted here; there is no bias.",
)
MADE_WITH_BIAS = Bi(
    zh="卷积核由前面的步骤算出，不在这里计数；这里只有偏置，每个卷积核1个，共{C_out}个。",
    en="The kernels are computed by earlier steps and not counted here; here there are only biases, one a kernel, {C_out}.",
)
SHARED = Bi(
    zh="同一个卷积核的参数在所有位置上共用，所以参数量与图像大小无关，也与批量大小无关。",
    en="A kernel is reused at every position and for every image, so neither the image size nor the batch affects the count.",
)
SHARED_NO_IMAGE = Bi(
    zh="同一个卷积核的参数在所有位置上共用，所以参数量与输入的大小无关，也与批量大小无关。",
    en="A kernel is reused at every position and for every example, so neither the size of the input nor the batch affects the count.",
)
GROUPED = Bi(
    zh="分组卷积：{C_in}个输入通道分成{g}组，每个卷积核只与本组的{per_group}个通道相连；"
    "{C_out}个卷积核平均分到各组，每组{kernels_each}个。",
    en="Grouped convolution: the {C_in} input channels form {g} groups, and a kernel sees only the {per_group} of its own; "
    "the {C_out} kernels are shared out among the groups, {kernels_each} each.",
)
DEPTHWISE = Bi(
    zh="深度卷积（depthwise convolution，又称逐通道卷积）：分组数等于输入通道数{C_in}，每个卷积核只与1个通道相连。",
    en="Depthwise convolution: there are as many groups as input channels, {C_in}, so a kernel sees a single channel.",
)
POINTWISE = Bi(
    zh="1×1卷积不涉及邻近位置，只在每个位置上把{C_in}个输入通道线性组合为{C_out}个输出通道。",
    en="A 1×1 convolution ignores neighbouring positions; at each position it combines {C_in} channels into {C_out}.",
)
REVERSED = Bi(
    zh="转置卷积的权重形状为{weight}，输入通道在前，与普通卷积相反；偏置仍按输出通道计，共{C_out}个。",
    en="A transposed convolution stores its weight as {weight}, input channels first, the reverse of an ordinary "
    "convolution; there is still one bias for each of the {C_out:output channel|output channels}.",
)
REVERSED_NO_BIAS = Bi(
    zh="转置卷积的权重形状为{weight}，输入通道在前，与普通卷积相反。",
    en="A transposed convolution stores its weight as {weight}, input channels first, the reverse of an ordinary "
    "convolution.",
)
TILES = Bi(
    zh="每个输入位置展开为{patch}的一块，步幅与块的边长相同，各块恰好不重叠。",
    en="Each input position spreads over a patch of {patch}; the stride equals the side, so the patches do not overlap.",
)
ZEROS = {  # along one, two and three dimensions
    1: Bi("{p}个0", "{p:zero|zeros}"),
    2: Bi("{p}行（列）0", "{p:row or column|rows or columns} of zeros"),
    3: Bi("{p}层0", "{p:layer|layers} of zeros"),
}
PER_SIDE = Bi(
    zh="填充按每侧计：两侧各补{zeros}。有的教材中的填充是两侧之和，代入公式时须先除以2。",
    en="Padding is counted per side: {zeros} on each side. Some textbooks give the padding of both sides "
    "together; halve it before using this formula.",
)
KEPT_BY_PADDING = Bi(
    zh="为什么填充：若不填充，每经过一层这样的卷积，特征图的边长就减少{less}，十层减少{ten}；填充后边长不变。",
    en="Why padding: without it the map's sides would shrink by {less} at every such convolution, {ten} after ten of them; with it they stay.",
)
DILATED = Bi(
    zh="膨胀率为{d}时，卷积核一边的{k}个元素在特征图上跨{span}格（{d}·({k}−1)+1={span}）；参数量不受膨胀率影响。",
    en="With dilation {d} the {k} cells along a kernel's side span {span} on the feature map "
    "({d}·({k}−1)+1 = {span}); the number of parameters is not affected.",
)
EACH_OUTPUT = Bi(
    zh="输出共{elements}个元素，每个元素由{each}次乘加得到（偏置的加法不计）。",
    en="There are {elements:output element|output elements}, and each takes {each} multiply-accumulates (adding the bias is not counted).",
)
EACH_OUTPUT_UNBIASED = Bi(
    zh="输出共{elements}个元素，每个元素由{each}次乘加得到。",
    en="There are {elements:output element|output elements}, and each takes {each} multiply-accumulates.",
)
EACH_INPUT = Bi(
    zh="输入共{elements}个元素，每个元素与{each}个权重分别相乘，乘积累加到输出的相应位置：每个权重1次乘加。",
    en="Each of the {elements:input element|input elements} is multiplied by {each} weights and added to the output: "
    "one multiply-accumulate a weight.",
)
SAME = Bi(
    zh="填充方式为“same”：两侧共填{total}，使输出与输入一样大。",
    en='Padding is "same": {total} over both sides together, so that the output is as large as the input.',
)
UNEVEN = Bi(
    zh="填充方式为“same”：两侧共填{total}，是奇数，右（下）侧多填1，使输出与输入一样大。",
    en='Padding is "same": {total} over both sides together, an odd number, so the right (bottom) side gets one more; '
    "the output is as large as the input.",
)
