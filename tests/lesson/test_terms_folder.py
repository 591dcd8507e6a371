"""A folder in the place of a terms file: no such file, and not what the system calls it."""

import pytest

from explainer.errors import UserError
from explainer.homework.grading.policy import notation
from explainer.lesson import terminology


@pytest.mark.parametrize("read", [terminology.read_terms, notation])
def test_a_folder_is_no_terms_file(read, tmp_path):
    with pytest.raises(UserError) as caught:
        read(tmp_path)
    assert "There is no" in caught.value.message.en and "Errno" not in caught.value.message.en
