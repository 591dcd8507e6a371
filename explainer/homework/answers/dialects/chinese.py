"""Chinese words for the parts of a layer, as students write them into formulas."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

DIALECT = Dialect(
    "中文",
    dict.fromkeys(
        "输入通道数 输入通道 输入图像通道 输入图像通道数 输入特征图通道数 输入特征图数 输入维度 输入维数 输入深度 通道数 通道 深度 "
        "上一层通道数 前一层通道数 输入神经元数 输入神经元个数 输入特征数 输入节点数 上一层神经元数 前一层神经元数 输入层神经元数 输入数 "
        "输入个数 输入大小".split(),
        "C_in F_in C",
    )
    | dict.fromkeys(
        "输出通道数 输出通道 卷积核个数 卷积核数 卷积核数量 卷积核数目 卷积核的个数 卷积核的数量 核数 核个数 滤波器个数 滤波器数 滤波器数量 "
        "输出特征图数 输出特征图通道数 输出维度 输出维数 输出深度 输出神经元数 输出神经元个数 输出特征数 输出节点数 本层神经元数 当前层神经元数 "
        "输出层神经元数 神经元个数 神经元数 输出数 输出个数 输出大小".split(),
        "C_out F_out h C",
    )
    | dict.fromkeys(
        "卷积核尺寸 卷积核大小 卷积核边长 核大小 核尺寸 滤波器大小 滤波器尺寸 核边长 卷积核的大小 卷积核的尺寸".split(),
        "k",
    )
    | dict.fromkeys("卷积核高 卷积核高度 卷积核长 卷积核长度 核高 核长 卷积核的高 卷积核的长".split(), "k_h k")
    | dict.fromkeys("卷积核宽 卷积核宽度 核宽 卷积核的宽".split(), "k_w k")
    | dict.fromkeys("步幅 步长 滑动步长".split(), "s")
    | dict.fromkeys("填充 补零 边距 填充数".split(), "p")
    | dict.fromkeys("输入高 输入高度 输入特征图高 图像高".split(), "H")
    | dict.fromkeys("输入宽 输入宽度 输入特征图宽 图像宽".split(), "W")
    | dict.fromkeys("输出高 输出高度 输出特征图高 特征图高".split(), "H_out")
    | dict.fromkeys("输出宽 输出宽度 输出特征图宽 特征图宽".split(), "W_out")
    | dict.fromkeys("隐藏单元数 隐藏层大小 隐藏维度 隐状态维数 隐藏层神经元数".split(), "h"),
)
