import json

from infra import chalice_config


def test_the_committed_configuration_is_up_to_date_and_names_every_function():
    from app import app

    written = chalice_config.render_files("dev", {})

    assert {name: (chalice_config.FOLDER / name).read_text() for name in written} == written
    functions = json.loads(written["config.json"])["stages"]["dev"]["lambda_functions"]
    assert set(functions) == {"api_handler"} | {source.name for source in app.event_sources}


def test_every_policy_denies_changes_of_the_journal_and_names_each_action():
    for policy in chalice_config.build_policies().values():
        statements = policy["Statement"]
        actions = [action for statement in statements for action in statement["Action"]]
        denied = [statement for statement in statements if statement["Effect"] == "Deny"]

        assert denied[0]["Action"] == ["dynamodb:UpdateItem", "dynamodb:DeleteItem"]
        assert denied[0]["Resource"] == ["arn:aws:dynamodb:*:*:table/satukanal-journal"]
        assert not any("*" in action for action in actions)
