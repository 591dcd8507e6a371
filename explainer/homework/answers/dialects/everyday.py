"""Names as they are made up on the spot: in_neural, channel_in, prev_layer."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

IN, OUT = "C_in F_in C", "C_out F_out h C"
DIALECT = Dialect(
    "everyday",
    dict.fromkeys(
        [
            "in",
            "input",
            "inputs",
            "inneural",
            "inneurons",
            "inputneurons",
            "inputneural",
            "channelin",
            "channelinput",
            "channelsin",
            "inputchannel",
            "inputchannels",
            "inchannels",
            "inchannel",
            "chin",
            "inch",
            "cin",
            "Cin",
            "prev",
            "previous",
            "previouslayer",
            "prevlayer",
            "inputunits",
            "infeatures",
            "innodes",
            "indim",
            "inputsize",
            "inputdim",
            "inputdepth",
            "depthin",
            "layerin",
            "nin",
            "Nin",
            "cprev",
            "Cprev",
        ],
        IN,
    )
    | dict.fromkeys(
        [
            "out",
            "output",
            "outputs",
            "outneural",
            "outneurons",
            "outputneurons",
            "outputneural",
            "channelout",
            "channeloutput",
            "channelsout",
            "outputchannel",
            "outputchannels",
            "outchannels",
            "outchannel",
            "chout",
            "outch",
            "cout",
            "Cout",
            "current",
            "currentlayer",
            "outputunits",
            "outfeatures",
            "outnodes",
            "outdim",
            "outputsize",
            "outputdim",
            "filters",
            "numfilters",
            "nfilters",
            "numberoffilters",
            "kernels",
            "nkernels",
            "numkernels",
            "neurons",
            "units",
            "layerout",
            "nout",
            "Nout",
            "ccur",
        ],
        OUT,
    )
    | dict.fromkeys(["kernelh", "kernelheight", "filterheight", "fh", "kh", "Kh", "KH", "kH", "FH"], "k_h k")
    | dict.fromkeys(["kernelw", "kernelwidth", "filterwidth", "fw", "kw", "Kw", "KW", "kW", "FW"], "k_w k")
    | dict.fromkeys(
        ["kernel", "kernelsize", "filtersize", "ksize", "ks", "kernelside", "filter", "K", "k", "f", "F"], "k"
    ),
)
