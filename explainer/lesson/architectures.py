"""What the well-known architectures are, in a sentence or two: name pattern, text."""

from __future__ import annotations

import re

from explainer.i18n.bilingual import Bi
from explainer.lesson.timm_names import timm_name

FAMILIES: tuple[tuple[str, Bi], ...] = (
    (
        r"alexnet",
        Bi(
            "AlexNet由Krizhevsky等人于2012年提出，凭借ReLU、丢弃层和GPU训练，在当年的ImageNet竞赛中夺冠。这里是torchvision的版本，取自2014年的单路改进版，各层的卷积核个数与2012年的论文不同。",
            "AlexNet (Krizhevsky et al., 2012) won that year's ImageNet contest with ReLU, dropout and training on GPUs. "
            "This is torchvision's version, the single-column variant of 2014: its numbers of kernels differ from the paper's.",
        ),
    ),
    (
        r"vgg",
        Bi(
            "VGG由牛津大学的Simonyan和Zisserman于2014年提出：各卷积层一律采用3×3卷积核；网络分为5段，每段之后池化一次，特征图的高、宽减半；"
            "通道数由64逐段加倍，至512为止；最后是3个全连接层。",
            "VGG (Simonyan and Zisserman, Oxford, 2014) uses 3×3 kernels throughout; the network has five stages, each ending "
            "in a pooling that halves height and width; the channels double from 64 stage by stage up to 512; three fully "
            "connected layers follow.",
        ),
    ),
    (
        r"resnext",
        Bi(
            "ResNeXt由Xie等人于2016年提出，在残差块中用分组卷积，以组数（基数）作为新的维度。",
            "ResNeXt (Xie et al., 2016) puts grouped convolutions into residual blocks; the number of groups, the "
            "cardinality, becomes a dimension of its own.",
        ),
    ),
    (
        r"wide_resnet",
        Bi(
            "Wide ResNet由Zagoruyko和Komodakis于2016年提出：不再加深网络，而是增加残差块的通道数。",
            "Wide ResNet (Zagoruyko and Komodakis, 2016) makes residual blocks wider instead of the network deeper.",
        ),
    ),
    (
        r"resnet",
        Bi(
            "ResNet由何恺明等人于2015年提出：每个残差块把输入直接加到输出上，使上百层的网络也能训练。",
            "ResNet (He et al., 2015) adds each block's input to its output, so that networks of a hundred layers and more "
            "can be trained.",
        ),
    ),
    (
        r"densenet",
        Bi(
            "DenseNet由Huang等人于2016年提出：同一段中，每个稠密连接块都把前面各块的输出拼接起来作为输入。",
            "DenseNet (Huang et al., 2016): within a stage every densely connected block takes the concatenated outputs of all "
            "blocks before it.",
        ),
    ),
    (
        r"googlenet",
        Bi(
            "GoogLeNet由Szegedy等人于2014年提出：Inception块并行使用几种大小的卷积核，再把各路输出沿通道维拼接。",
            "GoogLeNet (Szegedy et al., 2014) applies kernels of several sizes in parallel and concatenates their outputs along the channels.",
        ),
    ),
    (
        r"inception_v3",
        Bi(
            "Inception v3由Szegedy等人于2015年提出：把大卷积核分解为较小的或非对称的卷积核（如1×7和7×1）。",
            "Inception v3 (Szegedy et al., 2015) factorizes large kernels into small and asymmetric ones.",
        ),
    ),
    (
        r"squeezenet",
        Bi(
            "SqueezeNet由Iandola等人于2016年提出：先用1×1卷积压缩通道，再由1×1和3×3卷积并行扩展，以减少参数。",
            "SqueezeNet (Iandola et al., 2016) squeezes the channels with 1×1 convolutions and expands them with 1×1 and "
            "3×3 ones in parallel, to get by with few parameters.",
        ),
    ),
    (
        r"mobilenet_v2",
        Bi(
            "MobileNetV2由Sandler等人于2018年提出：倒残差块先用1×1卷积扩展通道，再做深度卷积，最后再用1×1卷积减少通道。",
            "MobileNetV2 (Sandler et al., 2018): an inverted residual block expands the channels, filters each of them by "
            "depthwise convolution, and projects them back.",
        ),
    ),
    (
        r"mobilenet_v3",
        Bi(
            "MobileNetV3由Howard等人于2019年提出：在倒残差块上加入压缩激励模块和Hardswish，结构由搜索得到。",
            "MobileNetV3 (Howard et al., 2019) adds squeeze-and-excitation and Hardswish to inverted residual blocks found "
            "by architecture search.",
        ),
    ),
    (
        r"mnasnet",
        Bi(
            "MnasNet由Tan等人于2018年提出：以手机上的实测延迟为目标之一搜索得到的网络。",
            "MnasNet (Tan et al., 2018) was found by a search that counts the latency measured on a phone.",
        ),
    ),
    (
        r"shufflenet_v2",
        Bi(
            "ShuffleNet V2由Ma等人于2018年提出：通道一分为二，一半直通，另一半卷积，拼接后打乱通道次序。",
            "ShuffleNet V2 (Ma et al., 2018) cuts the channels in two, passes one half on, convolves the other, joins them "
            "and shuffles the channels.",
        ),
    ),
    (
        r"efficientnet_v2",
        Bi(
            "EfficientNetV2由Tan和Le于2021年提出：前几段改用融合的倒残差块，训练更快。",
            "EfficientNetV2 (Tan and Le, 2021) uses fused inverted residual blocks in its early stages to train faster.",
        ),
    ),
    (
        r"efficientnet",
        Bi(
            "EfficientNet由Tan和Le于2019年提出：按同一系数同时放大深度、宽度和分辨率。",
            "EfficientNet (Tan and Le, 2019) scales depth, width and resolution together by one coefficient.",
        ),
    ),
    (
        r"vit_",
        Bi(
            "ViT由Dosovitskiy等人于2020年提出：把图像切成小块，每块当作一个词元，用Transformer编码器处理。",
            "ViT (Dosovitskiy et al., 2020) cuts the image into patches, treats each as a word, and feeds them to a "
            "Transformer encoder.",
        ),
    ),
    (
        r"swin_",
        Bi(
            "Swin Transformer由刘泽等人于2021年提出：注意力只在窗口内计算，窗口逐层错开，特征图逐段缩小。",
            "Swin Transformer (Liu et al., 2021) computes attention within windows that shift from layer to layer, on "
            "feature maps that shrink stage by stage.",
        ),
    ),
    (
        r"convnext",
        Bi(
            "ConvNeXt由刘壮等人于2022年提出：按Transformer的经验改造残差网络，用7×7的深度卷积和层归一化。",
            "ConvNeXt (Liu et al., 2022) redesigns a residual network after Transformers, with 7×7 depthwise convolutions "
            "and layer normalization.",
        ),
    ),
    (
        r"regnet",
        Bi(
            "RegNet由Radosavovic等人于2020年提出：各段的宽度由一个量化的线性函数给出。",
            "RegNet (Radosavovic et al., 2020): the widths of its stages follow a quantized linear function.",
        ),
    ),
)

# How the papers write the names: pattern of torchvision's, what it becomes.
_NAMES: tuple[tuple[str, str], ...] = (
    (r"alexnet", "AlexNet"),
    (r"vgg(\d+)_bn", r"VGG\1-BN"),
    (r"vgg(\d+)", r"VGG\1"),
    (r"wide_resnet(\d+)_(\d+)", r"Wide ResNet-\1-\2"),
    (r"resnext(\d+)_(\d+)x(\d+)d", r"ResNeXt-\1 (\2×\3d)"),
    (r"resnet(\d+)", r"ResNet-\1"),
    (r"densenet(\d+)", r"DenseNet-\1"),
    (r"googlenet", "GoogLeNet"),
    (r"inception_v3", "Inception v3"),
    (r"squeezenet(\d)_(\d)", r"SqueezeNet \1.\2"),
    (r"mobilenet_v2", "MobileNetV2"),
    (r"mobilenet_v3_large", "MobileNetV3-Large"),
    (r"mobilenet_v3_small", "MobileNetV3-Small"),
    (r"mnasnet(\d)_(\d+)", r"MnasNet \1.\2"),
    (r"shufflenet_v2_x(\d)_(\d)", r"ShuffleNet V2 \1.\2×"),
    (r"efficientnet_b(\d)", r"EfficientNet-B\1"),
    (r"efficientnet_v2_s", "EfficientNetV2-S"),
    (r"efficientnet_v2_m", "EfficientNetV2-M"),
    (r"efficientnet_v2_l", "EfficientNetV2-L"),
    (r"vit_b_(\d+)", r"ViT-B/\1"),
    (r"vit_l_(\d+)", r"ViT-L/\1"),
    (r"vit_h_(\d+)", r"ViT-H/\1"),
    (r"swin_t", "Swin-T"),
    (r"swin_s", "Swin-S"),
    (r"swin_b", "Swin-B"),
    (r"swin_v2_t", "Swin V2-T"),
    (r"swin_v2_s", "Swin V2-S"),
    (r"swin_v2_b", "Swin V2-B"),
    (r"convnext_(\w+)", r"ConvNeXt-\1"),
    (r"maxvit_t", "MaxViT-T"),
    (r"regnet_x_(\w+)", r"RegNetX-\1"),
    (r"regnet_y_(\w+)", r"RegNetY-\1"),
)


_OF_TRANSFORMERS: tuple[tuple[str, Bi], ...] = (
    (
        r"gpt2",
        Bi(
            "GPT-2是Radford等人于2019年提出的语言模型，由Transformer解码器的块堆叠而成，根据前面的词元预测下一个词元。",
            "GPT-2 (Radford et al., 2019) is a language model: a stack of Transformer decoder blocks that predicts each next token from those before it.",
        ),
    ),
    (
        r"bert",
        Bi(
            "BERT是Devlin等人于2018年提出的语言模型，由Transformer编码器的块堆叠而成，每个词元都能利用左右两边的上下文，训练时填补被遮住的词元。",
            "BERT (Devlin et al., 2018) is a language model: a stack of Transformer encoder blocks in which each token sees both sides; in training it fills in "
            "masked tokens.",
        ),
    ),
    (
        r"mixtral",
        Bi(
            "Mixtral由Mistral AI于2023年发布：Transformer解码器的每一块都用混合专家代替前馈网络。",
            "Mixtral (Mistral AI, 2023) is a Transformer decoder with a mixture of experts in place of each block's feed-forward network.",
        ),
    ),
    (
        r"llama",
        Bi(
            "Llama由Touvron等人于2023年提出：Transformer解码器，采用RMSNorm、旋转位置编码和门控前馈网络。",
            "Llama (Touvron et al., 2023) is a Transformer decoder with RMSNorm, rotary positions and gated feed-forward networks.",
        ),
    ),
)


def family_text(name: str, source: str) -> list[Bi]:
    """What a well-known model of a library is; nothing of a model of the user's, whatever its name."""
    known = {"torchvision": FAMILIES, "transformers": _OF_TRANSFORMERS}.get(source, ())
    found = next((text for pattern, text in known if re.match(pattern, name, re.IGNORECASE)), None)
    return [found] if found else []


# Types of transformers, and sizes by the names of the hub.
_ON_THE_HUB: tuple[tuple[str, str], ...] = (
    (r"gpt2", "GPT-2"),
    (r"gpt2-(medium|large|xl)", r"GPT-2 \1"),
    (r"llama-?([23])-?(\d+)b", r"Llama \1 \2B"),
    *(
        (re.escape(name.lower()), name)
        for name in ("BERT", "RoBERTa", "DistilBERT", "ALBERT", "ELECTRA", "OPT", "T5", "BART", "CLIP", "ViT")
    ),
    *(
        (re.escape(name.lower()), name)
        for name in ("Llama", "Mistral", "Mixtral", "Gemma", "Whisper", "Swin", "Qwen2", "Qwen3", "BLOOM")
    ),
    # written otherwise than by a capital at the beginning; the names of classes have no _ and no -
    (r"phi", "Phi"),
    (r"phi3", "Phi-3"),
    (r"gemma([234])", r"Gemma \1"),
    (r"gpt_?neo", "GPT-Neo"),
    (r"gpt_?neo_?x", "GPT-NeoX"),
    (r"gpt_?j", "GPT-J"),
    (r"deberta", "DeBERTa"),
    (r"deberta[-_]?v2", "DeBERTa-v2"),
    (r"deepseek_?v([23])", r"DeepSeek-V\1"),
    (r"olmo(2?)", r"OLMo\1"),
    (r"olmoe", "OLMoE"),
    (r"qwen([23])_?moe", r"Qwen\1-MoE"),
    (r"segformer", "SegFormer"),
    (r"mobilebert", "MobileBERT"),
    (r"xlnet", "XLNet"),
    (r"mbart", "mBART"),
    (r"deit", "DeiT"),
    (r"beit", "BEiT"),
    (r"convnext", "ConvNeXt"),
    (r"detr", "DETR"),
    (r"hubert", "HuBERT"),
    (r"falcon", "Falcon"),
)
_NAMED = {"torchvision": _NAMES, "transformers": _ON_THE_HUB}
# What transformers adds to an architecture's name: its classes are called MixtralForCausalLM, GPT2LMHeadModel.
_CLASS_OF_TRANSFORMERS = re.compile(r"(?<=[A-Za-z0-9])((LMHead|DoubleHeads|WithLMHead)?Model|For[A-Z]\w+)$")


def proper_name(name: str, source: str = "torchvision") -> str:
    """resnet50 → ResNet-50, gpt2 and GPT2LMHeadModel → GPT-2; the name of another class, or one without an entry, stays as it is."""
    stem = _CLASS_OF_TRANSFORMERS.sub("", name)
    if source == "transformers" and stem != name:
        said = proper_name(stem.lower(), source)
        return name if said == stem.lower() else said
    for pattern, written in _NAMED.get(source, ()):
        found = re.fullmatch(pattern, name)
        if found:
            said = found.expand(written)
            return re.sub(
                r"(?<= )(?:medium|large|xl)$",
                lambda size: size[0].title() if len(size[0]) > 2 else size[0].upper(),
                said,
            )
    if source == "timm":
        return timm_name(name)
    return _published(name) if source == "transformers" else name


def _published(name: str) -> str:
    """mixtral-8x7b → Mixtral 8×7B, bert-base-uncased → BERT-Base: as the table of published sizes writes it."""
    from explainer.cost.published import published

    def plain(text: str) -> str:
        return re.sub(r"-hf$|-uncased$|[^0-9a-z]", "", text.lower().replace("×", "x"))

    return next((one.name for one in published() if plain(one.name) == plain(name)), name)
