"""Words that stand around an answer and mean nothing for it, and words that are operators or symbols in Chinese."""

from __future__ import annotations

ROUGHLY = {"约", "大约", "约为", "约等于", "大约为", "近似", "近似为", "约是", "约有", "共约", "约合", "即约", "大概"}
ROUGHLY |= {
    "将近",
    "差不多",
    "接近",
    "nearly",
    "almost",
    "about",
    "approx",
    "approximately",
    "roughly",
    "circa",
    "ca",
    "around",
}
OPERATORS = {
    "加": "+",
    "加上": "+",
    "减": "-",
    "减去": "-",
    "乘": "*",
    "乘以": "*",
    "乘上": "*",
    "除以": "/",
    "再加": "+",
}
OPERATORS |= {"再乘": "*", "再乘以": "*", "再减": "-", "times": "*", "plus": "+", "minus": "-"}
EQUALS = {"等于", "得", "得到", "即", "也就是", "即为", "equals", "gives", "yields"}
SYMBOLS = {
    "输入通道数": "C_in",
    "输入通道": "C_in",
    "输出通道数": "C_out",
    "输出通道": "C_out",
    "卷积核个数": "C_out",
    "卷积核数": "C_out",
    "卷积核数量": "C_out",
    "通道数": "C",
    "卷积核高": "k_h",
    "卷积核宽": "k_w",
    "卷积核大小": "k",
    "卷积核尺寸": "k",
    "卷积核边长": "k",
    "输入特征数": "F_in",
    "输出特征数": "F_out",
    "神经元个数": "F_out",
    "输入高": "H",
    "输入宽": "W",
    "输出高": "H_out",
    "输出宽": "W_out",
    "步幅": "s",
    "步长": "s",
    "填充": "p",
    "批量大小": "N",
    "分组数": "g",
}
DENIALS = {"不是", "不等于", "并非", "不为", "大于", "小于", "不到", "超过", "多于", "少于"}
FILLERS = {
    *("answer", "ans", "so", "is", "the", "number", "of", "total", "therefore", "which", "result", "thus", "hence"),
    *("and", "all", "we", "have", "get", "has", "there", "are", "it", "a", "an", "one", "shape", "size", "output"),
    *("params", "param", "parameters", "parameter", "weights", "weight", "macs", "flops", "torch", "Size", "solution"),
    *("think", "then", "kernels", "kernel", "neurons", "elements", "values", "approx", "text", "per", "to", "at"),
    *("activations", "bytes", "memory", "layer", "each", "with", "for", "compute", "computed", "calculation"),
}
FUNCTIONS = {
    "floor": False,
    "int": False,
    "trunc": False,
    "ceil": True,
    "ceiling": True,
    "下取整": False,
    "上取整": True,
}
FUNCTIONS |= {"向下取整": False, "向上取整": True, "取整": False}
