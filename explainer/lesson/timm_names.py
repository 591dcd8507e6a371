"""timm's names as papers write them: mobilevit_s is MobileViT-S."""

from __future__ import annotations

import re

_NAMES = """
ResNet ResNeXt SE-ResNet SE-ResNeXt ResNetV2 ResNeSt Res2Net DenseNet VGG Inception Xception EfficientNet
EfficientNetV2 MobileNetV1 MobileNetV2 MobileNetV3 MobileNetV4 MobileViT MobileViTV2 MobileOne GhostNet
GhostNetV2 RegNetX RegNetY RegNetZ RepVGG HRNet DLA VoVNet ConvNeXt ConvNeXtV2 ConvMixer MLP-Mixer ViT DeiT
DeiT3 BEiT BEiTV2 CaiT XCiT CrossViT CoaT CoAtNet CoAtNeXt Swin SwinV2 Twins PiT PVT LeViT MaxViT MViTV2
PoolFormer CAFormer ConvFormer EVA EVA02 FastViT TinyViT EdgeNeXt EfficientViT EfficientFormer
EfficientFormerV2 InceptionNeXt MetaFormer NesT NFNet Hiera FocalNet DaViT Visformer VOLO Sequencer2D RepViT
StarNet TResNet HardCoReNAS SelecSLS ECA-ResNet SK-ResNet SK-ResNeXt GC-ResNet LCNet TinyNet MNASNet SemNASNet
FBNetC FBNetV3 SPNASNet
"""
_WORDS = {name.lower().replace("-", ""): name for name in _NAMES.split()} | {
    "mixer": "MLP-Mixer",
    "pvtv2": "PVTv2",
    "levitconv": "LeViT-conv",
}
_SIZES = re.compile(r"[sbmlh]|x{1,2}[sl]|svt|pcpvt|bn|[a-z]\d+|\d+d|[a-z]{1,2}f\d+")


def timm_name(name: str) -> str:
    """mobilevit_s → MobileViT-S, resnet50 → ResNet-50, vit_base_patch16_224 → ViT-Base-patch16-224; an unknown first word leaves it as it is."""
    first, *rest = name.partition(".")[0].split("_")
    for cut in range(len(first), 1, -1):
        if (said := _WORDS.get(first[:cut])) is not None and (cut == len(first) or first[cut].isdigit()):
            said += first[cut:] if said == "VGG" else ""  # VGG16, ResNet-50
            words = [first[cut:], *rest] if first[cut:] and not said.startswith("VGG") else rest
            return "-".join([said, *(one.upper() if _SIZES.fullmatch(one) else _titled(one) for one in words)])
    return name


def _titled(word: str) -> str:
    """small → Small; patch16, 224 and 32x4d as they are."""
    return (
        word.title()
        if word in ("tiny", "small", "base", "large", "huge", "giant", "nano", "pico", "atto", "femto")
        else word
    )
