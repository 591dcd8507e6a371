"""Models of libraries that explainer has no code for: how each is built, and what it is given.

A function a library; it yields (name, model, positional inputs, named inputs), built on the meta device where the library allows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import torch
from torch import nn

Case = tuple[str, nn.Module, tuple[Any, ...], dict[str, Any]]


def shape(*sizes: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """An input of which only the shape matters."""
    return torch.empty(*sizes, dtype=dtype, device="meta")


def on_meta(make: Callable[..., nn.Module], **options: Any) -> nn.Module:
    """A model without weights, where its constructor asks for none."""
    try:
        with torch.device("meta"):
            return make(**options)
    except RuntimeError:
        return make(**options)


def diffusers() -> Iterator[Case]:
    """Stable Diffusion 1.5 at its real size; the others at their real ones or, where these are huge, small ones."""
    library: Any = import_module("diffusers")

    sd15 = {"sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}
    unet = on_meta(library.UNet2DConditionModel, **sd15)
    yield "UNet2DConditionModel, SD 1.5", unet, (shape(1, 4, 64, 64), shape(1), shape(1, 77, 768)), {}
    vae = {
        "block_out_channels": (128, 256, 512, 512),
        "down_block_types": ("DownEncoderBlock2D",) * 4,
        "up_block_types": ("UpDecoderBlock2D",) * 4,
        "layers_per_block": 2,
        "sample_size": 256,
    }
    yield "AutoencoderKL, SD 1.5", on_meta(library.AutoencoderKL, **vae), (shape(1, 3, 256, 256),), {}
    yield "AutoencoderTiny", on_meta(library.AutoencoderTiny), (shape(1, 3, 256, 256),), {}
    yield "UNet2DModel", on_meta(library.UNet2DModel, sample_size=64), (shape(1, 3, 64, 64), shape(1)), {}
    dit = {
        "num_attention_heads": 16,
        "attention_head_dim": 72,
        "in_channels": 4,
        "out_channels": 8,
        "num_layers": 28,
        "sample_size": 32,
    }
    labels = {"class_labels": shape(1, dtype=torch.int64)}
    yield (
        "DiT-XL/2",
        on_meta(library.DiTTransformer2DModel, **dit),
        (shape(1, 4, 32, 32), shape(1, dtype=torch.int64)),
        labels,
    )
    sd3 = on_meta(
        library.SD3Transformer2DModel,
        sample_size=128,
        num_layers=24,
        num_attention_heads=24,
        caption_projection_dim=1536,
    )
    named = {
        "hidden_states": shape(1, 16, 64, 64),
        "encoder_hidden_states": shape(1, 154, 4096),
        "pooled_projections": shape(1, 2048),
        "timestep": shape(1),
    }
    yield "SD3 medium", sd3, (), named
    flux = on_meta(library.FluxTransformer2DModel, num_layers=2, num_single_layers=4, guidance_embeds=True)
    named = {
        "hidden_states": shape(1, 256, 64),
        "encoder_hidden_states": shape(1, 64, 4096),
        "pooled_projections": shape(1, 768),
        "timestep": shape(1),
        "guidance": shape(1),
        "img_ids": shape(256, 3),
        "txt_ids": shape(64, 3),
    }
    yield "Flux, 2 + 4 layers", flux, (), named
    control = on_meta(library.ControlNetModel, cross_attention_dim=768, attention_head_dim=8)
    yield "ControlNet", control, (shape(1, 4, 64, 64), shape(1), shape(1, 77, 768), shape(1, 3, 512, 512)), {}
    pixart = on_meta(library.PixArtTransformer2DModel, sample_size=64, num_layers=4, caption_channels=4096)
    options: dict[str, Any] = {
        "encoder_hidden_states": shape(1, 120, 4096),
        "timestep": shape(1, dtype=torch.int64),
        "added_cond_kwargs": {"resolution": None, "aspect_ratio": None},
    }
    yield "PixArt, 4 layers", pixart, (shape(1, 4, 64, 64),), options


def segmentation_models_pytorch() -> Iterator[Case]:
    """Every decoder on one encoder, and other encoders."""
    library: Any = import_module("segmentation_models_pytorch")

    for name in (
        "Unet",
        "UnetPlusPlus",
        "MAnet",
        "Linknet",
        "FPN",
        "PSPNet",
        "PAN",
        "DeepLabV3",
        "DeepLabV3Plus",
        "UPerNet",
    ):
        model = on_meta(getattr(library, name), encoder_weights=None)
        yield f"{name}, resnet34", model, (shape(2, 3, 128, 128),), {}
    for encoder in ("efficientnet-b0", "mit_b0", "mobilenet_v2"):
        model = on_meta(library.Unet, encoder_name=encoder, encoder_weights=None)
        yield f"Unet, {encoder}", model, (shape(1, 3, 128, 128),), {}


def monai() -> Iterator[Case]:
    """Networks of medical pictures, in two and three dimensions."""
    nets: Any = import_module("monai.networks.nets")

    small = {"channels": (16, 32, 64), "strides": (2, 2)}
    volume = (shape(1, 1, 32, 32, 32),)
    yield "UNet, 3D", on_meta(nets.UNet, spatial_dims=3, in_channels=1, out_channels=2, **small), volume, {}
    yield "BasicUNet", on_meta(nets.BasicUNet, spatial_dims=2), (shape(1, 1, 64, 64),), {}
    yield (
        "AttentionUnet",
        on_meta(nets.AttentionUnet, spatial_dims=2, in_channels=1, out_channels=2, **small),
        (shape(1, 1, 64, 64),),
        {},
    )
    yield "SegResNet", on_meta(nets.SegResNet, spatial_dims=3, in_channels=1), volume, {}
    yield "VNet", on_meta(nets.VNet), volume, {}
    yield (
        "DynUNet",
        on_meta(
            nets.DynUNet,
            spatial_dims=2,
            in_channels=1,
            out_channels=2,
            kernel_size=[3, 3, 3],
            strides=[1, 2, 2],
            upsample_kernel_size=[2, 2],
        ),
        (shape(1, 1, 64, 64),),
        {},
    )
    yield (
        "DenseNet121",
        on_meta(nets.DenseNet121, spatial_dims=2, in_channels=1, out_channels=2),
        (shape(1, 1, 64, 64),),
        {},
    )
    yield "HighResNet", on_meta(nets.HighResNet), volume, {}
    yield (
        "SwinUNETR",
        on_meta(nets.SwinUNETR, in_channels=1, out_channels=2, feature_size=24),
        (shape(1, 1, 64, 64, 64),),
        {},
    )
    yield "UNETR", on_meta(nets.UNETR, in_channels=1, out_channels=2, img_size=32), volume, {}


def ultralytics() -> Iterator[Case]:
    """YOLO from its yaml: the constructor runs the model, so that it is built for real."""
    library: Any = import_module("ultralytics")

    for name in (
        "yolov8n",
        "yolov8n-seg",
        "yolov8n-pose",
        "yolov8n-cls",
        "yolov9t",
        "yolov10n",
        "yolo11n",
        "yolo12n",
        "yolov5n",
    ):
        yield name, library.YOLO(f"{name}.yaml").model, (shape(1, 3, 256, 256),), {}


def open_clip() -> Iterator[Case]:
    """Text and picture towers."""
    library: Any = import_module("open_clip")

    for name in ("ViT-B-32", "RN50", "ViT-B-16-SigLIP", "coca_ViT-B-32", "EVA02-B-16", "convnext_base"):
        model = library.create_model(name, pretrained=None)
        side = model.visual.image_size if hasattr(model.visual, "image_size") else 224
        side = side if isinstance(side, int) else side[0]
        length = getattr(model, "context_length", 77)
        length = length - 1 if name.startswith("coca") else length
        yield name, model, (shape(1, 3, side, side), shape(1, length, dtype=torch.int64)), {}


def x_transformers() -> Iterator[Case]:
    """Transformers with the options that papers tried."""
    library: Any = import_module("x_transformers")

    def decoder(**options: Any) -> nn.Module:
        layers = library.Decoder(dim=64, depth=2, heads=4, **options)
        wrapper: nn.Module = library.TransformerWrapper(num_tokens=256, max_seq_len=64, attn_layers=layers)
        return wrapper

    tokens = (shape(1, 64, dtype=torch.int64),)
    for name, options in {
        "plain": {},
        "rotary": {"rotary_pos_emb": True},
        "alibi": {"alibi_pos_bias": True},
        "relative": {"rel_pos_bias": True},
        "GLU": {"ff_glu": True, "ff_swish": True},
        "RMSNorm": {"use_rmsnorm": True},
        "one key-value head": {"attn_one_kv_head": True},
        "flash": {"attn_flash": True},
        "talking heads": {"attn_pre_talking_heads": True},
        "macaron": {"macaron": True},
    }.items():
        yield f"Decoder, {name}", decoder(**options), tokens, {}
    encoder = library.Encoder(dim=64, depth=2, heads=4)
    yield (
        "ViT",
        library.ViTransformerWrapper(image_size=64, patch_size=8, attn_layers=encoder),
        (shape(1, 3, 64, 64),),
        {},
    )


def torch_geometric() -> Iterator[Case]:
    """Graphs of 30 nodes and 90 edges."""
    library: Any = import_module("torch_geometric.nn")

    torch.manual_seed(0)
    edges, nodes = torch.randint(0, 30, (2, 90)), torch.rand(30, 16)
    for name in ("GCN", "GraphSAGE", "GIN", "GAT", "PNA", "EdgeCNN"):
        options: dict[str, Any] = {"in_channels": 16, "hidden_channels": 32, "num_layers": 3, "out_channels": 4}
        if name == "PNA":
            options |= {
                "aggregators": ["mean", "max"],
                "scalers": ["identity"],
                "deg": torch.ones(10, dtype=torch.int64),
            }
        yield name, getattr(library, name)(**options), (nodes, edges), {}
    for name in ("GCNConv", "GATv2Conv", "TransformerConv", "SGConv", "TAGConv", "ChebConv"):
        extra = {"K": 2} if name == "ChebConv" else {}
        yield name, getattr(library, name)(16, 8, **extra), (nodes, edges), {}


def peft() -> Iterator[Case]:
    """Adapters on a small GPT-2 and a small LLaMA."""
    library: Any = import_module("peft")
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    def base() -> nn.Module:
        return GPT2LMHeadModel(GPT2Config(n_layer=2, n_embd=64, n_head=4, vocab_size=500))

    def llama() -> nn.Module:
        return LlamaForCausalLM(
            LlamaConfig(
                hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, vocab_size=500
            )
        )

    tokens = {"input_ids": torch.zeros(1, 16, dtype=torch.int64), "use_cache": False}
    for name, config in {
        "LoRA": library.LoraConfig(target_modules=["c_attn"], fan_in_fan_out=True),
        "DoRA": library.LoraConfig(target_modules=["c_attn"], use_dora=True, fan_in_fan_out=True),
        "IA3": library.IA3Config(target_modules=["c_attn"], feedforward_modules=[], fan_in_fan_out=True),
        "prompt": library.PromptTuningConfig(num_virtual_tokens=4, task_type="CAUSAL_LM"),
    }.items():
        yield f"{name}, GPT-2", library.get_peft_model(base(), config), (), tokens
    for name, config in {
        "LoRA": library.LoraConfig(target_modules=["q_proj", "v_proj"]),
        "LoHa": library.LoHaConfig(target_modules=["q_proj"]),
        "LoKr": library.LoKrConfig(target_modules=["q_proj"]),
        "OFT": library.OFTConfig(target_modules=["q_proj"], oft_block_size=16),
        "VeRA": library.VeraConfig(target_modules=["q_proj"]),
        "BOFT": library.BOFTConfig(target_modules=["q_proj"], boft_block_size=16),
    }.items():
        yield f"{name}, LLaMA", library.get_peft_model(llama(), config), (), tokens


CASES: dict[str, Callable[[], Iterator[Case]]] = {
    "diffusers": diffusers,
    "segmentation-models-pytorch": segmentation_models_pytorch,
    "monai": monai,
    "ultralytics": ultralytics,
    "open_clip_torch": open_clip,
    "x-transformers": x_transformers,
    "torch_geometric": torch_geometric,
    "peft": peft,
}
