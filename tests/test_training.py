"""The making of the built-in model: text, tokens, network, schedule and checks. All tiny; nothing is trained well."""

from __future__ import annotations

import itertools
import math
import random
import re
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from jinja2 import Template

from assistant.extraction import ModelFacts
from training import lexicon, phrases
from training.__main__ import main as training_main
from training.average import average
from training.batches import DialogueBatches, batches_from, copying_batch
from training.cases import heldout, make
from training.config import CONFIGS, ModelSize
from training.dialogues import TURNS, dialogue
from training.evaluate import CHECKS, apart, figures, loops, micro_f1, pairs_in, passes, read_cases
from training.export import export_gguf, load_weights, split_file, tokenizer_of
from training.facts import KINDS
from training.model import IGNORED, Block, Model, attend, document_mask, frequencies
from training.optimizer import Optimizers, orthogonalised
from training.remarks import remark
from training.replies import RULES, Reply, Style, noisy, render
from training.tasks import extraction
from training.tokens import CHAT_TEMPLATE, encode, learn_tokenizer
from training.tokens import render as render_chat
from training.train import Run, rate_factor
from training.values import Values

CASE_FILES = tuple(make.HERE / f"{name}.jsonl" for name in ("decline", "openings", "extract"))
TINY = ModelSize(vocabulary=320, width=64, layers=2, head_width=32, hidden=96, context_tokens=128)


@pytest.fixture(scope="module")
def values() -> Values:
    return Values()


@pytest.fixture(scope="module")
def tokenizer(values):
    rng = random.Random(0)
    return learn_tokenizer(
        (render_chat(dialogue(rng, values, turns=2, facts=4)) for _ in range(60)), vocabulary=TINY.vocabulary
    )


def test_no_word_of_the_case_files_occurs_in_training_text(values):
    rng, barred = random.Random(1), heldout.words()
    for _ in range(400):
        text = " ".join(m.content for m in dialogue(rng, values, turns=3, facts=8))
        found = barred.intersection(re.findall(r"[a-z]+", text.lower()))
        assert not found, found


def test_a_held_out_word_is_refused_in_any_case_and_inside_a_longer_value(values):
    assert not values.allowed("pemba") and not values.allowed("Trondheim") and not values.allowed("Little PEMBA-3")
    assert values.allowed("Rex")


def test_values_come_from_many_sources(values):
    rng = random.Random(2)
    drawn = [values.proper(rng, lexicon.PETS) for _ in range(400)]
    assert len(set(drawn)) > 250
    assert any(" " in v for v in drawn) and any(v.islower() for v in drawn) and any(v in lexicon.PETS for v in drawn)


def test_case_files_are_what_their_maker_writes(tmp_path):
    make.write(tmp_path)
    for written in tmp_path.glob("*.jsonl"):
        assert written.read_bytes() == (make.HERE / written.name).read_bytes(), written.name


def test_case_files_have_at_least_five_hundred_cases_a_row_and_no_id_twice():
    cases = read_cases(sorted(make.HERE.glob("*.jsonl")))
    assert len({case["id"] for case in cases}) == len(cases)
    counts = Counter(case["ability"] for case in cases)
    assert counts.pop("openings") == 60
    assert min(counts.values()) >= 500, counts


def test_the_sentences_of_the_extraction_cases_are_none_that_training_uses():
    used = {told.lower().strip(".!? ") for kind in KINDS for told in kind.told}
    asked = {told.lower().strip(".!? ") for kind in make.KINDS for told in kind.told}
    assert len(asked & used) <= 0.05 * len(asked), asked & used


def _bare(form: str) -> str:
    return re.sub(r"[^a-z0-9{} ]", "", form.lower()).strip()


def test_the_phrases_of_training_are_none_of_the_cases():
    words = (*(kind.name for kind in make.KINDS), "color")
    forms = {form for kind in KINDS for side in ("told", "asked") for form in phrases.plain(kind.name, side)}
    for key in ("pet_told", "pet_asked", "person_told", "person_asked", "favourite_told", "favourite_asked"):
        forms |= {form for word in words for form in phrases.of(key, word)}
    used = {_bare(whole) for form in forms for whole in phrases.spelt_out(form)}
    assert not used & {_bare(form) for kind in make.KINDS for form in (*kind.told, *kind.asked)}
    said = {_bare(case["messages"][-1]["content"].rpartition("\n\n")[2]) for case in read_cases([*CASE_FILES])}
    assert not said & {_bare(form) for key in ("declined", "nothing", "unreal") for form in phrases.listed(key)}
    remarks = [form for entry in phrases.remarks() for form in entry["said"]]
    assert len(remarks) > 800 and not said & set(map(_bare, remarks))


def test_a_remark_is_answered_by_what_its_own_entry_says(values):
    rng = random.Random(7)
    replies = {form: entry["more"] for entry in phrases.remarks() for form in entry["said"]}
    found = [(said.rstrip(".!?"), reply) for said, reply in (remark(rng, values) for _ in range(600))]
    taken_up = [(replies[said], reply) for said, reply in found if said in replies]
    assert len(taken_up) > 100
    plain = [(fitting, reply) for fitting, reply in taken_up if not any("{" in form for form in fitting)]
    # The few others are forms that a remark put together from parts can have too.
    assert sum(reply.core[-1] in fitting for fitting, reply in plain) > 0.96 * len(plain) > 80


def test_no_turn_of_training_is_one_of_the_openings(values, monkeypatch):
    turns = [(said, Reply(core=("Hello.",)), []) for said in ("Hey!", "Hey you", "I feel lonely, today...")]
    monkeypatch.setitem(TURNS, "telling", lambda scene, count: turns)
    messages = dialogue(random.Random(4), values, turns=3, facts=0, kind="telling")
    assert [m.content.rpartition("\n\n")[2] for m in messages if m.role == "user"] == ["Hey you"]


def test_a_phrase_with_parts_gives_each_of_what_it_spells_out_and_nothing_else():
    form = "[I|we] live in {v}[.|, you know|]"
    assert len(phrases.spelt_out(form)) == 6 and phrases.spelt_out("{v}") == ("{v}",)
    rng = random.Random(2)
    assert {phrases.chosen(rng, form) for _ in range(200)} == set(phrases.spelt_out(form))


def test_every_way_of_telling_a_fact_names_its_value_once_and_no_question_does():
    rng = random.Random(9)
    for kind in KINDS:
        for _ in range(20):
            assert kind.tell(rng).count("{v}") == 1 and kind.ask(rng).count("{") == 0, kind.name
            assert kind.tell(rng).replace("{v}", "").count("{") == 0, kind.name


def test_the_extraction_task_answers_in_the_schema_of_the_app_and_with_words_of_the_message(values):
    rng, filled = random.Random(6), 0
    for _ in range(300):
        system, said, answer = extraction(rng, values)
        assert system.content == make.EXTRACTION_TASK
        facts = ModelFacts.model_validate_json(answer.content).facts
        filled += bool(facts)
        for fact in facts:
            assert fact.content.startswith("The user") and fact.value.strip() in said.content, (said, fact)
    assert 100 < filled < 250


def test_a_dialogue_is_in_the_format_of_the_app(values):
    rng = random.Random(3)
    for _ in range(50):
        messages = dialogue(rng, values, turns=3, facts=5)
        turns = len(messages) // 2  # fewer than asked for where one would be an opening
        assert [m.role for m in messages] == ["system", *["user", "assistant"] * turns] and 2 <= turns <= 3
        assert messages[0].content.startswith("You are ")
        for line in "\n".join(m.content for m in messages if m.role == "user").splitlines():
            if line.startswith("- ") and "(since" not in line and "the user wrote" not in line:
                assert line.startswith(("- The user", "- No longer true since ")) or line[2:].rstrip("?!.")


def test_the_same_seed_makes_the_same_dialogues(values):
    assert dialogue(random.Random(7), values, turns=4, facts=9) == dialogue(random.Random(7), values, turns=4, facts=9)


def test_a_known_value_is_in_the_prompt_whenever_a_reply_names_it(values):
    rng = random.Random(4)
    checked = 0
    for _ in range(300):
        messages = dialogue(rng, values, turns=1, facts=4)
        if len(messages) == 1:
            continue  # it would have been an opening
        reply, prompt = messages[-1].content, messages[0].content + messages[1].content
        found = re.search(r"[Yy]our \w+ is called ([\w' -]+)", reply)
        if found:
            checked += 1
            assert found.group(1).split(" and ")[0].removesuffix(" now").strip() in prompt
    assert checked > 15


@pytest.mark.parametrize("seed", range(40))
def test_every_style_rule_is_obeyed_in_the_text_that_teaches_it(seed):
    rng = random.Random(seed)
    reply = Reply(
        core=("You haven't told me your dog's name yet!", "Tell me, and I will keep it."),
        brief="You haven't told me your dog's name yet!",
    )
    by_name = {rule.name: rule for rule in RULES}
    wanted = {
        "short": ("max_words", 14),
        "long": ("min_words", 22),
        "bullets": ("bullets", True),
        "one": ("sentences", 1),
        "formal": ("formal", True),
        "no_emoji": ("emoji", False),
        "emoji": ("emoji", True),
        "no_exclamation": ("exclamation", False),
        "question": ("ends_with", "?"),
        "call": ("holds", "Ottoline"),
        "two": ("sentences", 2),
        "begin": ("begins_with", "Ottoline"),
        "end": ("ends_with", "Ottoline."),
    }
    for name, (check, value) in wanted.items():
        text = render(reply, by_name[name].apply(Style(), "Ottoline"), rng)
        assert CHECKS[check](text, value), (name, text)


def test_short_answers_are_shorter_than_usual_ones():
    rng = random.Random(5)
    reply = Reply(core=("Your dog is called Rex.",))
    usual = sum(len(render(reply, Style(), rng)) for _ in range(100))
    short = sum(len(render(reply, Style(length="short"), rng)) for _ in range(100))
    assert short < 0.7 * usual


def test_typing_noise_never_touches_the_place_of_the_value():
    rng = random.Random(6)
    assert all("{v}" in noisy("My dog is called {v}.", rng) for _ in range(500))
    assert all(noisy("?", rng) for _ in range(100))


def test_the_chat_template_of_the_file_renders_what_training_rendered(values):
    messages = dialogue(random.Random(8), values, turns=2, facts=3)
    plain = [{"role": m.role, "content": m.content} for m in messages]
    assert Template(CHAT_TEMPLATE).render(messages=plain, add_generation_prompt=True) == render_chat(messages, ask=True)


def test_encoding_in_pieces_equals_encoding_the_whole(values, tokenizer):
    rng = random.Random(9)
    for _ in range(40):
        messages = dialogue(rng, values, turns=3, facts=6)
        ids, in_reply = encode(tokenizer, messages)
        assert ids == tokenizer.encode(render_chat(messages)).ids
        assert 0 < sum(in_reply) < len(ids)


def test_built_in_heads_attend_to_the_four_tokens_before():
    torch.manual_seed(0)
    model = Model(replace(TINY, head_width=64, width=128))
    for layer, distances in enumerate(((1, 2), (3, 4))):
        weights = attention_of(model, layer)
        for head, distance in enumerate(distances):
            assert weights[0, head].diagonal(-distance).mean() > 0.7


def attention_of(model: Model, layer: int) -> torch.Tensor:
    """(1, heads, 40, 40): how a layer of two heads attends among forty random tokens."""
    block = model.blocks[layer]
    assert isinstance(block, Block)
    x = block.attention_norm(model.embedding(torch.randint(3, 320, (1, 40))))
    q, k, _ = block.qkv(x).view(1, 40, 3, 2, 64).permute(2, 0, 3, 1, 4)

    def turned(t):
        first, second = t.chunk(2, -1)
        return t * model.cosines[:40] + torch.cat([-second, first], -1) * model.sines[:40]

    scores = turned(q) @ turned(k).transpose(-1, -2) / math.sqrt(64)
    return scores.masked_fill(~torch.tril(torch.ones(40, 40, dtype=torch.bool)), -math.inf).softmax(-1)


def test_yarn_slows_the_slow_pairs_alone():
    size = replace(TINY, head_width=64, rope_factor=2.0, rope_tokens=2048)
    plain, slowed = frequencies(replace(size, rope_factor=1.0)), frequencies(size)
    assert torch.equal(plain[:6], slowed[:6]) and torch.allclose(plain[22:], 2 * slowed[22:])
    assert torch.all((slowed[:-1] > slowed[1:]) & (slowed[:-1] <= plain[:-1]))


def test_a_packed_dialogue_sees_nothing_of_its_neighbours():
    torch.manual_seed(0)
    model = Model(TINY)
    first, second = torch.randint(3, 320, (1, 20)), torch.randint(3, 320, (1, 30))
    mask = document_mask(torch.tensor([[0] * 20 + [1] * 30]))
    packed = model(torch.cat([first, second], 1), mask)
    assert torch.allclose(packed[:, 20:], model(second), atol=1e-4)
    assert torch.allclose(packed[:, :20], model(first), atol=1e-4)


@pytest.mark.parametrize("length", [3, 37])
def test_attention_in_bfloat16_on_a_processor_is_nearly_that_in_float(length):
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 4, length, 16), torch.randn(2, 2, length, 16), torch.randn(2, 2, length, 16)
    documents = torch.arange(length).div(9, rounding_mode="floor").expand(2, length)
    for mask in (None, document_mask(documents)):
        exact, rough = attend(q, k, v, mask), attend(q, k, v.bfloat16(), mask)
        assert rough.dtype == torch.bfloat16
        torch.testing.assert_close(rough.float(), exact, atol=0.03, rtol=0.03)


def test_only_copyable_tokens_carry_loss_in_the_copying_stage():
    batch = copying_batch(random.Random(0), vocabulary=320, shape=(8, 64))
    assert batch.tokens.shape == batch.targets.shape == (8, 64)
    for row, wanted in zip(batch.tokens.tolist(), batch.targets.tolist(), strict=True):
        for i, target in enumerate(wanted[:-1]):
            if target != IGNORED:
                assert target == row[i + 1] and target in row[: i + 1]


def test_loss_falls_on_replies_alone_unless_prompts_are_asked_for(values, tokenizer):
    batches = DialogueBatches(random.Random(0), values, tokenizer, replace(CONFIGS["cpu"], prompt_share=0.0))
    batch = batches.draw((8, 512), long=False)
    text = tokenizer.decode([t for t in batch.targets.flatten().tolist() if t != IGNORED])
    assert 0.02 < (batch.targets != IGNORED).float().mean() < 0.6
    assert "Answer from what you know" not in text and batch.documents is not None and batch.documents.shape == (8, 512)


def test_the_orthogonalised_update_has_even_singular_values():
    torch.manual_seed(0)
    singular = torch.linalg.svdvals(orthogonalised(torch.randn(3, 64, 32)))
    assert singular.min() > 0.5 and singular.max() < 1.4


def test_attention_alone_learns_where_it_is_asked_for():
    torch.manual_seed(0)
    model = Model(TINY)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimizers = Optimizers(model, matrix_rate=0.01, other_rate=0.01, attention_only=True)
    ids = torch.randint(3, 320, (2, 24))
    model.loss(model.hidden(ids), ids).backward()
    optimizers.step(1.0)
    changed = {name for name, parameter in model.named_parameters() if not torch.equal(parameter, before[name])}
    assert changed == {name for name in before if ".qkv." in name or ".output." in name}


def test_the_learning_rate_warms_up_holds_and_falls_with_the_clock():
    def at(share, step):
        return rate_factor(share, step, warmup_steps=50, decay_share=0.4)

    assert at(0.0, 0) < 0.05 and at(0.3, 500) == 1.0 and 0.4 < at(0.8, 900) < 0.6 and at(1.0, 999) < 0.03


def test_a_run_that_is_cut_goes_on_from_its_checkpoint(tmp_path):
    config = replace(
        CONFIGS["cpu"],
        size=TINY,
        compiled=False,
        copy_steps_at_most=2,
        copy_every=2,
        row_shapes=((2, 64), (1, 128)),
        copy_shape=(2, 32),
    )
    first = Run(config, tmp_path)
    first.learn_copying()
    first.config = replace(config, minutes=0.5 / 60)
    first.learn_dialogues()
    again = Run(config, tmp_path, resume=True)
    assert again.stage == "dialogues" and again.step == first.step > 0 and again.tokens == first.tokens
    assert again.rng.getstate() == first.rng.getstate()
    assert all(torch.equal(a, b) for a, b in zip(again.model.parameters(), first.model.parameters(), strict=True))


def test_a_run_that_fails_leaves_a_checkpoint_and_a_model_behind(tmp_path, monkeypatch):
    def two_batches(first, config, rng, values, tokenizer):
        drawn = batches_from(first, config, rng, values, tokenizer)
        yield from itertools.islice(drawn, 2)
        raise ValueError("a row is too long")

    config = replace(CONFIGS["cpu"], size=TINY, compiled=False, copy_steps_at_most=0, row_shapes=((2, 64),))
    monkeypatch.setitem(CONFIGS, "cpu", replace(config, long_rows=(False,), copy_shape=(2, 32)))
    monkeypatch.setattr("training.train.batches_from", two_batches)
    monkeypatch.setattr("sys.argv", ["training", "--out", str(tmp_path), "--minutes", "1"])
    with pytest.raises(ValueError, match="too long"):
        training_main()
    monkeypatch.undo()
    assert Run(config, tmp_path, resume=True).step == 2
    assert tokenizer_of(tmp_path / "attune-mini.gguf").get_vocab_size() == TINY.vocabulary


def test_the_gpu_configuration_runs_in_miniature_with_workers_and_goes_on_from_its_checkpoint(tmp_path):
    gpu = CONFIGS["gpu"]
    assert CONFIGS["mend"].size == gpu.size  # it begins with the weights of the other
    assert gpu.size.kv_heads < gpu.size.heads and gpu.size.width % gpu.size.head_width == 0
    size = replace(gpu.size, vocabulary=320, width=128, layers=2, head_width=32, hidden=96, context_tokens=128)
    config = replace(
        gpu,
        size=size,
        device="cpu",
        compiled=False,
        workers=2,
        copy_steps_at_most=2,
        copy_every=3,
        row_shapes=((2, 64), (1, 128)),
        copy_shape=(4, 32),
        copies_a_row=2,
        long_facts=7,
        minutes=0.5 / 60,
    )
    run = Run(config, tmp_path)
    run.learn_copying()
    assert not run.learn_dialogues(pause_at=time.time())
    assert run.learn_dialogues()
    again = Run(config, tmp_path, resume=True)
    assert again.step == run.step > 0
    assert all(torch.equal(a, b) for a, b in zip(again.model.parameters(), run.model.parameters(), strict=True))


def test_workers_draw_every_step_once_and_no_two_draw_the_same(values, tokenizer):
    config = replace(
        CONFIGS["cpu"], size=TINY, copy_every=4, row_shapes=((2, 64), (1, 128)), copy_shape=(3, 32), workers=2
    )
    drawn = list(itertools.islice(batches_from(5, config, random.Random(0), values, tokenizer), 6))
    shapes = [tuple(batch.tokens.shape) for batch in drawn]
    assert shapes == [(1, 128), (2, 64), (1, 128), (3, 32), (1, 128), (2, 64)]
    assert not torch.equal(drawn[0].tokens, drawn[2].tokens)


@pytest.mark.parametrize("kind", ["F32", "F16"])
def test_a_run_begins_with_the_weights_and_the_tokenizer_of_a_file(tmp_path, tokenizer, kind):
    path = tmp_path / "tiny.gguf"
    model = Model(replace(TINY, key_heads=1))
    export_gguf(model, tokenizer, path, kind=kind)
    config = replace(CONFIGS["cpu"], size=replace(TINY, key_heads=1), compiled=False)
    run = Run(config, tmp_path / "run", begin_from=path)
    assert run.stage == "dialogues" and run.tokenizer.get_vocab() == tokenizer.get_vocab()
    for ours, theirs in zip(run.model.parameters(), model.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=0 if kind == "F32" else 1e-3)
    for other in (replace(TINY, width=128), replace(TINY, layers=3)):
        with pytest.raises(ValueError, match="--config"):
            load_weights(Model(other), path)


def test_a_run_that_is_held_to_files_learns_what_they_say_of_talk_and_of_the_rest(tmp_path, tokenizer):
    torch.manual_seed(5)
    size = replace(TINY, key_heads=1, context_tokens=1024)
    held, talk, begun = (tmp_path / name for name in ("held.gguf", "talk.gguf", "begun.gguf"))
    for path in (held, talk, begun):
        model = Model(size)
        with torch.no_grad():
            model.embedding.weight *= 5  # new models say of all tokens that they are as likely
        export_gguf(model, tokenizer, path, kind="F32")
    config = replace(CONFIGS["hold"], size=size, row_shapes=((2, 1024),), talk_every=2, other_rate=3e-3)
    run = Run(config, tmp_path / "run", begin_from=begun, hold=held, hold_talk=talk)
    batches = list(itertools.islice(batches_from(0, config, run.rng, run.values, run.tokenizer), 4))
    assert [batch.kind for batch in batches] == ["dialogues", "talk"] * 2

    for batch in batches[:2]:
        first = float(run._learn(batch))
        for _ in range(20):
            run.optimizers.step(1.0)
            last = float(run._learn(batch))
        assert last < 0.5 * first
    for path, zero in ((held, 0), (talk, 1)):
        load_weights(run.model, path)
        losses = [float(run._learn(batch)) for batch in batches[:2]]
        assert losses[zero] == pytest.approx(0, abs=1e-3) and losses[1 - zero] > 0.1, losses


def test_lessons_are_learnt_from_their_replies_whatever_a_run_is_held_to(tmp_path, tokenizer):
    size = replace(TINY, key_heads=1, context_tokens=1024)
    export_gguf(Model(size), tokenizer, tmp_path / "held.gguf", kind="F32")
    config = replace(CONFIGS["hold"], size=size, row_shapes=((1, 1024),), talk_every=3, lessons_every=2)
    held = tmp_path / "held.gguf"
    run = Run(config, tmp_path / "run", begin_from=held, hold=held, hold_talk=held)
    batches = list(itertools.islice(batches_from(0, config, run.rng, run.values, run.tokenizer), 6))
    assert [batch.kind for batch in batches] == ["lessons", "dialogues", "lessons", "dialogues", "lessons", "talk"]
    losses = [float(run._learn(batch)) for batch in batches]
    assert min(losses[::2]) > 1 and losses[1::2] == pytest.approx([0, 0, 0], abs=1e-3)


def test_a_run_is_not_held_to_a_file_whose_tokens_are_others(tmp_path, tokenizer, values):
    other = learn_tokenizer((render_chat(dialogue(random.Random(3), values, turns=1, facts=1)),), vocabulary=300)
    for name, words in (("one", tokenizer), ("other", other)):
        export_gguf(Model(replace(TINY, vocabulary=words.get_vocab_size())), words, tmp_path / name, kind="F32")
    config = replace(CONFIGS["hold"], size=TINY)
    with pytest.raises(ValueError, match="tokenizer"):
        Run(config, tmp_path / "run", begin_from=tmp_path / "one", hold=tmp_path / "other")


def test_the_average_of_two_files_lies_between_them(tmp_path, tokenizer):
    one, other = Model(TINY), Model(TINY)
    for model, name in ((one, "one"), (other, "other")):
        export_gguf(model, tokenizer, tmp_path / name, kind="F32")
    between = average(tmp_path / "one", tmp_path / "other", 0.25, TINY)
    for mean, a, b in zip(between.parameters(), one.parameters(), other.parameters(), strict=True):
        assert torch.allclose(mean, 0.75 * a + 0.25 * b, atol=1e-6)


def test_a_file_with_more_layers_is_not_taken_for_a_smaller_model(tmp_path, tokenizer):
    export_gguf(Model(replace(TINY, layers=3)), tokenizer, tmp_path / "tiny.gguf")
    with pytest.raises(ValueError, match="--config"):
        load_weights(Model(TINY), tmp_path / "tiny.gguf")


@pytest.mark.parametrize(("key_heads", "rope_factor"), [(0, 1.0), (1, 1.0), (0, 4.0)])
def test_llama_cpp_computes_what_pytorch_computes(tmp_path, tokenizer, key_heads, rope_factor):
    llama_cpp = pytest.importorskip("llama_cpp")
    torch.manual_seed(3)
    model = Model(replace(TINY, key_heads=key_heads, rope_factor=rope_factor, rope_tokens=64)).eval()
    path = tmp_path / "tiny.gguf"
    export_gguf(model, tokenizer, path, kind="F32")
    llama = llama_cpp.Llama(str(path), n_ctx=64, logits_all=True, verbose=False, n_threads=1)
    ids = [random.Random(0).randrange(3, TINY.vocabulary) for _ in range(40)]
    llama.eval(ids)
    theirs = torch.tensor(llama.scores[: len(ids)])
    with torch.no_grad():
        ours = model(torch.tensor([ids]))[0]
    assert (ours - theirs).abs().max() < 5e-3
    assert torch.equal(ours.argmax(-1), theirs.argmax(-1))


def test_a_quantised_file_computes_nearly_the_same_and_its_pieces_make_the_whole(tmp_path, tokenizer):
    llama_cpp = pytest.importorskip("llama_cpp")
    torch.manual_seed(3)
    model = Model(TINY).eval()
    path = tmp_path / "tiny.gguf"
    export_gguf(model, tokenizer, path, kind="Q8_0")
    llama = llama_cpp.Llama(str(path), n_ctx=64, logits_all=True, verbose=False, n_threads=1)
    ids = list(range(3, 43))
    llama.eval(ids)
    with torch.no_grad():
        ours = model(torch.tensor([ids]))[0]
    assert (ours - torch.tensor(llama.scores[: len(ids)])).abs().max() < 0.1
    pieces = split_file(path)
    assert b"".join(piece.read_bytes() for piece in pieces) == path.read_bytes()


def test_what_was_told_and_its_question_can_be_set_apart_by_casual_talk():
    told, asked = "I live in Pecs.", "Today is 21 November 2026.\n\nWhere do I live?"
    case = {
        "id": "x",
        "messages": [{"role": "user", "content": told}, {"role": "user", "content": asked}],
        "must": ["Pecs"],
    }

    def count(messages):
        return sum(len(message["content"].split()) for message in messages)

    far = apart(case, itertools.cycle(["I saw a heron today.", "Was it tall?"]), 60, count)
    contents = [message["content"] for message in far["messages"]]
    assert (contents[0], contents[-1]) == (told, asked)
    assert contents[1:3] == ["Today is 21 November 2026.\n\nI saw a heron today.", "Was it tall?"]
    assert [m["role"] for m in far["messages"][1:-1]] == ["user", "assistant"] * ((len(contents) - 2) // 2)
    assert 60 - count(far["messages"][1:3]) < count(far["messages"]) <= 60
    assert far["must"] == ["Pecs"] and len(case["messages"]) == 2


def test_a_reply_passes_only_with_every_thing_its_case_asks_for():
    case = {"must": ["Pemba"], "must_not": ["Rex"], "must_any": ["dog", "cat"], "check": {"max_words": 6}}
    assert passes(case, "Your dog is called Pemba.")
    assert not passes(case, "Your dog is called Pembo.")
    assert not passes(case, "Your dog is called Pemba, not Rex.")
    assert not passes(case, "She is called Pemba.")
    assert not passes(case, "Your dog is called Pemba, as you have told me before.")
    assert not passes({}, "  ")


def test_the_programs_for_styles_can_fail():
    assert CHECKS["bullets"]("- One.\n- Two.", True) and not CHECKS["bullets"]("One.\n- Two.", True)
    assert CHECKS["sentences"]("Yes, I do.", 1) and not CHECKS["sentences"]("Yes. I do.", 1)
    assert CHECKS["emoji"]("Yes 😊", True) and not CHECKS["emoji"]("Yes", True)
    assert CHECKS["formal"]("I do not know.", True) and not CHECKS["formal"]("I don't know.", True)
    assert CHECKS["ends_with"]("Is it so?", "?") and not CHECKS["ends_with"]("It is.", "?")
    assert loops("I see it so I see it so I see it so now") and not loops("I see it, and you see it too.")


def test_extraction_is_counted_by_facts_not_by_messages():
    fact = {"attribute": "city", "value": "Oslo"}
    case = {"facts": [fact]}
    assert passes(case, '{"facts": [{"content": "x", "attribute": "City", "value": "oslo"}]}')
    assert not passes(case, '{"facts": [{"attribute": "origin", "value": "Oslo"}]}') and not passes(case, "Oslo")
    assert pairs_in("[1]") == pairs_in('{"facts": 3}') == pairs_in('{"facts": [3]}') == set()
    one, other = {("city", "oslo")}, {("job", "nurse")}
    assert micro_f1([one, set()], [one, other]) == pytest.approx(2 / 3, abs=1e-4)
    assert micro_f1([one], [other]) == 0 and micro_f1([], []) is None


def test_the_figures_hold_every_key_even_when_nothing_was_measured():
    wanted = "recall_prompt recall_history abstain newest style_mean style_min style_pairs extract_f1 decline loops"
    assert list(figures([])) == [*wanted.split(), "tokens_per_s"]


def test_training_without_the_text_file_still_has_words():
    assert len(Values().dictionary) > 500 and Path(make.__file__).exists()
