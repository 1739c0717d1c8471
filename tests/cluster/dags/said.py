"""What in_pod.py runs, itself and in a pod."""

from pathlib import Path

print("the word is", Path(__file__).with_name("word.txt").read_text(), flush=True)
