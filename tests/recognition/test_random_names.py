"""Every class, module and function has another name: the same ideas, blocks and parts are found."""

import ast
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
import torch
from nets import meta
from recognition.nets import ideas_of
from torch import nn

from explainer.formula.printing import Plain, plain
from explainer.rules import default_registry
from explainer.source.load import load

ROOT = Path(__file__).parents[2]
TORCH = ("torch.nn", "torch.ao")


def found(walk):
    """What was found, without the names of modules and classes."""
    ideas = [(idea.kind, idea.calls, dict(idea.settings), idea.stretch) for idea in walk.ideas]
    blocks = [
        (len(one.rows), len(one.steps), plain(one.formula, Plain()), [row.values for row in one.rows])
        for one in walk.templates
    ]
    parts = [
        (part.what, [layer.index for layer in part.layers], part.params, part.is_idea) for part in walk.story.parts
    ]
    return {"ideas": ideas, "blocks": blocks, "parts": parts}


def word(random):
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=9))


def renamed(model, seed=0):
    """The same network: classes, modules, parameters and buffers have other names, which the forwards are told of.

    Layers of torch and of libraries that a rule is written for keep theirs, which are what they are known by; a list's entries are
    numbers.
    """
    random = Random(seed)
    classes, words = {}, {}
    for module in list(model.modules()):
        cls = type(module)
        lists = isinstance(module, nn.ModuleList | nn.ModuleDict | nn.ParameterList)
        if lists or (next(module.children(), None) is None and default_registry().is_atomic(module)):
            continue
        if not cls.__module__.startswith(TORCH) or cls is nn.Sequential:
            names = {name: words.setdefault(name, word(random)) for kept in _kept(module) for name in kept}
            for kept in _kept(module):
                entries = [(names[name], value) for name, value in kept.items()]
                kept.clear()
                kept.update(entries)
            module.__dict__["_renamed"] = names
            module._non_persistent_buffers_set = {names.get(one, one) for one in module._non_persistent_buffers_set}
            if cls is not nn.Sequential:
                classes.setdefault(cls, _class(cls, word(random), word(random)))
                module.__class__ = classes[cls]
    return model


def _kept(module):
    return module._modules, module._parameters, module._buffers


def _class(cls, name, home):
    def getattr_(self, asked):
        return nn.Module.__getattr__(self, self.__dict__["_renamed"].get(asked, asked))

    return type(name, (cls,), {"__module__": home, "__qualname__": name, "__getattr__": getattr_})


def small(name):
    """An architecture of torchvision, the transformers with few and narrow layers, so that all of it is run."""
    from torchvision import models

    sizes = {
        "swin_t": lambda: models.SwinTransformer([4, 4], 24, [2, 2, 2], [2, 4, 8], [4, 4], num_classes=10),
        "vit_b_16": lambda: models.VisionTransformer(64, 8, 3, 4, 32, 64, num_classes=10),
        "convnext_tiny": lambda: models.ConvNeXt(
            [models.convnext.CNBlockConfig(24, 48, 3), models.convnext.CNBlockConfig(48, None, 3)], num_classes=10
        ),
        "maxvit_t": lambda: models.MaxVit((64, 64), 16, 4, [16, 32], [2, 2], 8, 0.1, num_classes=10),
    }
    return sizes.get(name, lambda: models.get_model(name, weights=None))()


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("resnet50", {"stem", "head"}),
        ("densenet121", {"stem", "head"}),
        ("mobilenet_v3_small", {"squeeze_excitation", "head"}),
        ("swin_t", {"stem", "head", "attention", "mlp"}),
        ("vit_b_16", {"stem", "head", "attention", "mlp", "patch_embedding"}),
        ("convnext_tiny", {"stem", "head", "mlp"}),
        ("maxvit_t", {"stem", "head", "attention", "mlp", "squeeze_excitation"}),
    ],
)
def test_torchvision(name, kinds):
    load("alexnet")  # torchvision beside a torch without its operators
    image = meta(1, 3, 64, 64) if name in ("swin_t", "vit_b_16", "convnext_tiny", "maxvit_t") else meta(1, 3, 224, 224)
    model = small(name)
    before = found(ideas_of(model, image))
    assert kinds <= {idea[0] for idea in before["ideas"]} and before["blocks"]
    assert found(ideas_of(renamed(model), image)) == before


SMALL = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "vocab_size": 90, "intermediate_size": 64}
LANGUAGE = {
    "gpt2": {"n_embd": 32, "n_layer": 3, "n_head": 4, "vocab_size": 90, "n_positions": 40},
    "llama": {**SMALL, "num_key_value_heads": 2},
    "mixtral": {**SMALL, "num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2},
    "bert": {**SMALL, "max_position_embeddings": 40},
    "gptj": {"n_embd": 32, "n_layer": 3, "n_head": 4, "vocab_size": 90, "n_positions": 40, "rotary_dim": 4},
    "falcon": {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "vocab_size": 90},
    "dinov2": {**SMALL, "image_size": 28, "patch_size": 7},
}


@pytest.mark.parametrize("name", list(LANGUAGE))
def test_transformers(name):
    pytest.importorskip("transformers")
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.for_model(name, **LANGUAGE[name])
    config._experts_implementation = "batched_mm"
    walks = []
    for change in (lambda model: model, renamed):
        torch.manual_seed(0)
        model = change(AutoModel.from_config(config).eval())
        given = meta(1, 3, 28, 28) if name == "dinov2" else meta(1, 12, dtype=torch.int64)
        walks.append(found(ideas_of(model, given)))
    assert walks[0]["ideas"] and walks[0]["blocks"]
    assert walks[1] == walks[0]


class Names(ast.NodeTransformer):
    """Each function, class, method and attribute that a file defines, and each local name, has another one."""

    def __init__(self, tree, seed):
        random = Random(seed)
        kept = {"__init__", "forward", "self"}
        own = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                own.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                own.add(node.attr)
        self.names = {name: word(random) for name in sorted(own - kept)}

    def visit_ClassDef(self, node):
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node):
        node.name = self.names.get(node.name, node.name)
        return self.generic_visit(node)

    def visit_Attribute(self, node):
        node.attr = self.names.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_keyword(self, node):
        node.arg = self.names.get(node.arg, node.arg)
        return self.generic_visit(node)

    def visit_Name(self, node):
        node.id = self.names.get(node.id, node.id)
        return node


SOURCE = """
import torch
from torch import nn
from torch.nn import functional as F

def rms_norm(hidden, weight):
    return hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + 1e-6) * weight

def rotate_half(query):
    half = query.shape[-1] // 2
    return torch.cat((-query[..., half:], query[..., :half]), -1)

def swiglu(gate_value, up_value):
    return F.silu(gate_value) * up_value

class Attention(nn.Module):
    def __init__(self, width, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.q_proj, self.k_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.v_proj, self.o_proj = nn.Linear(width, width), nn.Linear(width, width)

    def split_heads(self, states):
        return states.view(*states.shape[:2], self.num_heads, -1).transpose(1, 2)

    def forward(self, x):
        query, key = self.split_heads(self.q_proj(x)), self.split_heads(self.k_proj(x))
        value = self.split_heads(self.v_proj(x))
        step = torch.arange(x.shape[1], dtype=torch.float32)[:, None]
        size = query.shape[-1]
        angle = step * 100.0 ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
        cos, sin = torch.cat((angle, angle), -1).cos(), torch.cat((angle, angle), -1).sin()
        query, key = query * cos + rotate_half(query) * sin, key * cos + rotate_half(key) * sin
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.o_proj(mixed.transpose(1, 2).flatten(2))

class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.attention_norm, self.mlp_norm = nn.Parameter(torch.ones(width)), nn.Parameter(torch.ones(width))
        self.attention = Attention(width, 4)
        self.gate, self.up = nn.Linear(width, 48, bias=False), nn.Linear(width, 48, bias=False)
        self.down = nn.Linear(48, width, bias=False)

    def feed_forward(self, x):
        return self.down(swiglu(self.gate(x), self.up(x)))

    def forward(self, x):
        x = x + self.attention(rms_norm(x, self.attention_norm))
        return x + self.feed_forward(rms_norm(x, self.mlp_norm))

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(50, 32)
        self.layers = nn.ModuleList([Block(32) for number in range(3)])
        self.lm_head = nn.Linear(32, 50)

    def forward(self, ids):
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x)
        return self.lm_head(x)

def network():
    return Model()
"""


def built(tree, function):
    home = ModuleType("net")
    exec(compile(ast.fix_missing_locations(tree), "net.py", "exec"), home.__dict__)
    return getattr(home, function)()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_source_with_every_name_replaced(seed):
    ids = meta(1, 9, dtype=torch.int64)
    before = found(ideas_of(built(ast.parse(SOURCE), "network"), ids))
    kinds = {idea[0] for idea in before["ideas"]}
    assert {"rms_norm", "attention", "rotary", "gated_mlp", "stem", "head"} <= kinds
    tree = ast.parse(SOURCE)
    names = Names(tree, seed)
    model = built(names.visit(tree), names.names["network"])
    assert not {"q_proj", "layers", "lm_head"} & {part for path, _ in model.named_modules() for part in path.split(".")}
    assert found(ideas_of(model, ids)) == before


def test_our_own_network_of_an_example():
    text = (ROOT / "examples" / "unet.py").read_text(encoding="utf-8")
    image = meta(1, 1, 64, 64)
    before = found(ideas_of(built(ast.parse(text), "UNet"), image))
    tree = ast.parse(text)
    names = Names(tree, 3)
    assert before["blocks"]
    assert found(ideas_of(built(names.visit(tree), names.names["UNet"]), image)) == before
