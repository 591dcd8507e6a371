"""What layers are sorted into."""

from __future__ import annotations

from enum import Enum

from explainer.i18n.bilingual import Bi


class Kind(Enum):
    """What a teacher sorts layers into; the subtotals by kind follow this order.

    >>> Kind.CONVOLUTION.value.zh
    '卷积层'
    """

    __hash__ = object.__hash__  # each is one object; Enum's own is Python, and dictionaries ask for it all the time

    CONVOLUTION = Bi("卷积层", "convolutional layers")
    TRANSPOSED = Bi("转置卷积层", "transposed convolutional layers")
    LINEAR = Bi("全连接层", "fully connected layers")
    EMBEDDING = Bi("嵌入层", "embedding layers")
    RECURRENT = Bi("循环层", "recurrent layers")
    ATTENTION = Bi("注意力层", "attention layers")
    NORMALIZATION = Bi("归一化层", "normalization layers")
    ACTIVATION = Bi("激活层", "activation layers")
    POOLING = Bi("池化层", "pooling layers")
    DROPOUT = Bi("丢弃层", "dropout layers")
    RESHAPE = Bi("形状变换", "reshaping steps")
    ELEMENTWISE = Bi("逐元素运算", "element-wise operations")
    JOIN = Bi("拼接与切分", "joining and splitting steps")
    REDUCTION = Bi("求和与求平均", "sums and means")
    RESIZE = Bi("填充与缩放", "padding and resizing steps")
    MATRIX = Bi("矩阵运算", "matrix operations")
    LOSS = Bi("损失函数", "loss functions")
    OTHER = Bi("其他", "others")
