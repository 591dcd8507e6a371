"""What is said of recurrent layers: their gates, biases, directions and steps."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi

LSTM = Bi(
    zh="LSTM有输入门、遗忘门、输出门和候选记忆元，四者结构相同，参数各自独立；这里按PyTorch代码的习惯把候选记忆元也算作一个门，共4组参数。",
    en="An LSTM has an input gate, a forget gate, an output gate and a candidate cell: four of the same structure, each with "
    "parameters of its own; as PyTorch's code does, the candidate is counted as a gate here: four sets of parameters.",
)
GRU = Bi(
    zh="GRU有重置门、更新门和候选隐藏状态，三者结构相同，参数各自独立；这里按PyTorch代码的习惯把候选隐藏状态也算作一个门，共3组参数。",
    en="A GRU has a reset gate, an update gate and a candidate state: three of the same structure, each with parameters of "
    "its own; as PyTorch's code does, the candidate is counted as a gate here: three sets of parameters.",
)
RNN = Bi(
    zh="简单循环网络没有门，只有一组参数。",
    en="A plain recurrent network has no gates, only one set of parameters.",
)
GATE = Bi(zh="每个门中，", en="In each gate, ")
GATE_OF_FIRST = Bi(zh="第1层的每个门中，", en="In each gate of the first layer, ")
SET_OF_FIRST = Bi(zh="第1层中，", en="In the first layer, ")
CONNECTED = Bi(
    zh="{where}W_ih把输入的{F_in}个特征连到{h}个隐藏单元，含{ih}个权重；W_hh把上一时刻的{state}个状态值连到这些单元，"
    "含{hh}个权重{biases}。",
    en="{where}W_ih connects the {F_in:input feature|input features} to the {h:hidden unit|hidden units} with {ih} weights, "
    "and W_hh connects the {state:state value|state values} of the previous step to them with {hh} weights{biases}.",
)
WITH_BIASES = Bi(
    zh="；每个单元另有2个偏置，b_ih和b_hh各1个", en="; each unit has two biases besides, one in b_ih and one in b_hh"
)
WITHOUT_BIASES = Bi(zh="；没有偏置", en="; there are no biases")
STACKED = Bi(
    zh="共{n}层：从第2层起，输入是前一层输出的{next}个特征{both}，与第1层不同，所以分开计算。",
    en="There are {n} layers: from the second on, the input is the {next:feature|features} that the layer below puts "
    "out{both}, so they are counted separately.",
)
BOTH = Bi(zh="，由两个方向拼接而成", en=" (its two directions joined)")
BIDIRECTIONAL = Bi(
    zh="双向：正向、反向各有一套参数，所以乘以2。",
    en="It runs in both directions, forward and backward, each with a full set of parameters: twice as many.",
)
PROJECTED = Bi(
    zh="设置了proj_size={r}：每一步的{h}个隐藏状态值先乘以{r}×{h}的矩阵W_hr压缩成{r}个，再输出并送入下一步，"
    "所以W_hh只接收{r}个值。W_hr没有偏置。",
    en="With proj_size={r}, a matrix W_hr of {r}×{h} shortens the {h} hidden values of each step to {r} before they leave "
    "and enter the next step, so W_hh takes only {r}. W_hr has no bias.",
)
TWO_BIASES = Bi(
    zh="两个偏置总是相加，作用等同于一个；PyTorch为与cuDNN一致，仍保留两个，"
    "所以参数量比只用一个偏置的教科书公式多{extra}个。",
    en="The two biases are always added and act as one; PyTorch keeps both, as cuDNN does, which "
    "makes {extra} more parameters than a textbook's formula with a single bias.",
)
TWO_BIASES_GRU = Bi(
    zh="在重置门和更新门中，两个偏置相加后只起一个偏置的作用；在候选隐藏状态中，b_hh要先乘以重置门，不能与b_ih合并。"
    "教科书的公式通常只有一个偏置，PyTorch与cuDNN一致，用两个，所以多{extra}个参数。",
    en="In the reset and update gates the two biases are added and act as one; in the candidate state b_hh is multiplied by "
    "the reset gate first and cannot be merged with b_ih. Textbooks usually have a single bias; PyTorch, as cuDNN, has two: "
    "{extra} more parameters.",
)
SHARED = Bi(
    zh="各时间步共用同一组参数，所以参数量与序列长度无关。",
    en="Every time step uses the same parameters, so the sequence length does not affect the count.",
)
EVERY_STEP = Bi(
    zh="每个时间步输出{state}个值。",
    en="Each time step puts out {state:value|values}.",
)
EVERY_STEP_BOTH = Bi(
    zh="每个时间步，正、反两个方向各输出{state}个值，拼接成{both}个。",
    en="At each time step the two directions put out {state:value|values} each, joined into {both}.",
)
LAST_STATES = Bi(
    zh="这里的输出是最后一层在各时间步的输出；模块还返回各层最后时刻的状态。",
    en="This output is the last layer's, at every time step; the module also returns each layer's last state.",
)
ALL_STEPS = Bi(zh="共{positions}个时间步", en="{positions:time step|time steps}")
STEPS_OF_ALL = Bi(
    zh="批量中各样本合计共{positions}个时间步", en="{positions:time step|time steps}, those of all samples together"
)
STEP_COST = Bi(
    zh="每个时间步，{weights}个权重（偏置不计）各参与1次乘加，{steps}；门之间逐元素的乘法和激活函数不计。",
    en="At each time step each of the {weights:weight|weights} (biases not counted) is used in one multiply-accumulate, and "
    "there are {steps}; the element-wise products and activations of the gates are not "
    "counted.",
)
CELL_COST = Bi(
    zh="{weights}个权重（偏置不计）对每个样本各参与1次乘加；门之间逐元素的乘法和激活函数不计。",
    en="Each of the {weights:weight|weights} (biases not counted) is used in one multiply-accumulate for each sample; the "
    "element-wise products and activations of the gates are not counted.",
)
ONE_STEP = Bi(
    zh="一次调用只走一个时间步，输出新的隐藏状态；序列由外面的循环逐步送入。",
    en="One call takes one time step and puts out the new hidden state; a loop outside feeds the sequence step by step.",
)
PACKED = Bi(
    zh="输入是打包的序列（PackedSequence）：填充的位置不参与计算，各序列的真实长度合计{T}步。",
    en="The input is a PackedSequence: padding takes no part, and the true lengths of the sequences sum to {T:step|steps}.",
)
