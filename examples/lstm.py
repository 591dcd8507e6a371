"""一个小的文本分类网络：词向量、双向两层LSTM、一个全连接层；输入为50个词的编号，类别有4个。

A small text classifier: word vectors, an LSTM of two layers in both directions, one fully connected layer; it reads the
indices of 50 words and says to which of four classes they belong.

    explain examples/lstm.py:TextClassifier --lang zh,en -o lstm.pdf
    explain examples/lstm.py:TextClassifier --arg hidden_size=512
"""

import torch
from torch import Tensor, nn

EXAMPLE_INPUT = torch.zeros(1, 50, dtype=torch.int64)


class TextClassifier(nn.Module):
    """双向两层LSTM文本分类网络。A text classifier with a bidirectional LSTM of two layers."""

    def __init__(
        self, vocab_size: int = 8000, embedding_dim: int = 128, hidden_size: int = 256, num_classes: int = 4
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_size, num_layers=2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, words: Tensor) -> Tensor:
        states, _ = self.lstm(self.embedding(words))
        return self.fc(states[:, -1])
