"""What a call does to the receptive field, in a sentence."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi

GROWS = Bi(
    zh="窗口每增大1格，感受野就增大一个累计步幅；步幅大于1时，此后相邻两点在原图上的距离随之加大。",
    en="Every further cell of the window adds one effective stride; a stride moves neighbours further apart on the image.",
)
KEEPS = Bi(
    zh="逐点运算与邻近位置无关，感受野不变。", en="A position-wise step looks at no neighbours: the field stays."
)
MEETS = Bi(
    zh="几个分支在这里汇合，感受野取各分支的并集。",
    en="Branches meet here: the field is the union of theirs.",
)
WHOLE = Bi(zh="每个输出都取决于整幅图像。", en="Every output depends on the whole image.")
SPREADS = Bi(
    zh="转置卷积的一个输出最多由⌊(k−1)/s⌋+1个相邻输入得到；相邻两点的距离缩为原来的1/s。"
    "放大之后，不同位置的感受野略有不同，递推所得约为其平均值。",
    en="A transposed convolution makes an output from at most ⌊(k−1)/s⌋+1 neighbouring inputs; neighbours come s times "
    "closer. Further on the field differs a little from position to position, and the recurrence gives about the mean.",
)
RESIZES = Bi(
    zh="插值只用到最近的几个点；相邻两点的距离随放大倍数缩小。",
    en="Interpolation looks at the nearest positions only; neighbours come closer by its factor.",
)
THEORETICAL = Bi(
    zh="感受野按理论值计算，可以大于图像；靠近边缘处有一部分落在填充上。",
    en="Receptive fields are the theoretical ones: they may be larger than the image, and near its edges part of them lies "
    "on the padding.",
)
