import json

from infra import chalice_config


def test_the_committed_stage_is_what_the_code_makes_and_names_every_function():
    from app import app

    written = chalice_config.render_files("dev", {})

    assert {name: (chalice_config.FOLDER / name).read_text() for name in written} == written
    named = json.loads(written["config.json"])["stages"]["dev"]["lambda_functions"]
    assert set(named) == {"api_handler"} | {source.name for source in app.event_sources}


def test_no_policy_lets_the_journal_be_changed_and_none_says_everything_of_everything():
    for policy in chalice_config.build_policies().values():
        statements = policy["Statement"]
        actions = [action for statement in statements for action in statement["Action"]]
        denied = [statement for statement in statements if statement["Effect"] == "Deny"]

        assert denied[0]["Action"] == ["dynamodb:UpdateItem", "dynamodb:DeleteItem"]
        assert denied[0]["Resource"] == ["arn:aws:dynamodb:*:*:table/satukanal-journal"]
        assert not any("*" in action for action in actions)
