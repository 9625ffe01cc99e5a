"""Attacks that are tried elsewhere among the tests, with what stops them there."""

from collections.abc import Mapping

BOMBS = "processes, memory, processors, output, time and the workspace's disk are bounded"
ENDS = "a sandbox and all in it end with the worker, the command, or a limit"
MONEY = "the gateway reserves the most that a request can cost before it goes out"
KEYS = "keys and tokens are the host's, live in the environment of one command, and come out of no log or text"
ASKERS = "who may command is asked of GitHub by id and by right, and what is done is what stood in the webhook"
DOOR = "the web process reads nothing that is not signed, and no more than it can hold"
SETUP = "what a repository's setup leaves is kept for its commit only, is in no patch, and asks no model"
WORDS = "whatever others wrote is shown as inert text, and what nobody sees of it is taken out"
OWN = "the host's git has settings and a directory of its own"

# By what stops it, and by the file below `tests/`: the test, and the attack.
CITED: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    BOMBS: {
        "hostile/test_left.py": {
            "test_more_names_than_anybody_holds_are_not_listed": "more names of files than memory holds",
        },
        "sandboxes/test_bubblewrap.py": {
            "test_a_fork_bomb_meets_its_bound_and_ends": "a fork bomb",
            "test_a_bomb_without_mercy_is_ended_by_time": "a fork bomb without mercy",
            "test_memory_that_looks_like_files_is_bounded": "files in memory without end",
            "test_memory_is_bounded_for_all_of_them_together": "a memory bomb",
            "test_it_keeps_to_its_processors": "endless computing",
        },
        "sandboxes/test_docker.py": {
            "test_want_of_memory_is_told_apart_from_the_exit_code": "a memory bomb in a container",
            "test_every_bound_is_the_engines": "every bound of a container, as its engine has it",
        },
        "sandboxes/test_process.py": {
            "test_every_limit_ends_it": "silence, endless loops, floods of output",
            "test_a_workspace_that_grows_too_large_ends_it": "a disk bomb in the workspace",
        },
    },
    ENDS: {
        "sandboxes/test_process.py": {
            "test_a_daemon_that_forked_twice_dies_with_a_kill": "a daemon that forked twice",
            "test_nothing_outlives_a_killed_worker": "the worker's death",
            "test_a_process_that_closes_its_output_is_waited_for": "closed output, and going on",
        },
    },
    MONEY: {
        "gateway/test_gateway.py": {
            "test_requests_at_once_never_pass_the_budget_together": "many requests at once",
            "test_an_agent_that_goes_in_the_middle_pays_the_most": "an answer that is not heard to its end",
            "test_spend_of_an_earlier_attempt_counts": "spending again in the next attempt",
            "test_a_model_without_a_price_does_not_go_to_its_provider": "a model without a price",
            "test_a_run_asks_so_often_at_once_and_no_more": "requests without end",
            "test_an_endless_head_is_not_read": "a head without end",
            "test_a_body_that_does_not_come_is_not_waited_for": "a body that never comes",
        },
        "gateway/test_requests.py": {
            "test_a_request_that_parsers_could_read_differently_is_refused": "bodies that two parsers read differently",
            "test_what_would_reach_outside_of_the_request_does_not": "provider's tools, in every place of a request",
        },
    },
    KEYS: {
        "gateway/test_gateway.py": {
            "test_a_key_of_the_agent_s_own_is_replaced": "a key of its own beside the credential",
            "test_the_keys_are_in_no_log": "keys in the gateway's log",
        },
        "runners/test_workspace.py": {
            "test_no_token_stays_on_disk": "a token left on disk",
        },
        "runners/test_git.py": {
            "test_the_token_goes_to_its_own_github_only": "a token for another host",
        },
        "wording/test_redaction.py": {
            "test_what_looks_like_a_secret_is_hidden": "secrets in what it prints",
            "test_a_known_secret_is_hidden_wherever_it_stands_in_base64": "secrets of ours, encoded",
        },
        "config/test_logging.py": {
            "test_no_secret_is_told_in_any_corner_of_a_line": "secrets in logs",
        },
        "config/test_errors.py": {
            "test_no_secret_is_anywhere_in_what_is_sent": "secrets in reports of errors",
        },
        "real_agents/test_hostile_settings.py": {
            "test_a_repository_s_settings_change_nothing": "settings for every real agent at once",
        },
        "real_agents/test_journey.py": {
            "test_the_key_is_asked_with_and_never_inside": "a real agent that looks for the key",
        },
    },
    OWN: {
        "runners/test_patches.py": {
            "test_a_submodule_s_own_git_never_runs": "a submodule's own repository",
        },
        "runners/test_git.py": {
            "test_no_configuration_of_the_machine_counts": "settings of the machine",
            "test_only_https_is_spoken": "other transports than https",
            "test_a_server_that_never_answers_is_left_at_the_deadline_and_no_process_stays": "a silent server",
        },
        "wording/test_safe.py": {
            "test_ten_thousand_hostile_titles_give_branches_that_git_and_we_accept": "hostile titles",
        },
        "test_doing.py": {
            "test_a_persons_push_meanwhile_is_never_overwritten": "a push of somebody meanwhile",
        },
    },
    SETUP: {
        "test_setup.py": {
            "test_links_in_the_place_of_the_repositorys_folders_lead_nowhere_outside": "links in the place of folders",
            "test_what_it_changes_of_the_repository_is_put_back": "a setup that changes the repository's files",
            "test_what_would_hide_an_agents_own_files_is_refused": "a setup that hides files from the patch",
            "test_a_name_that_git_s_patterns_can_t_tell_is_refused": "names that git's patterns can't tell",
            "test_nothing_in_its_commands_is_replaced": "the host's paths, asked for in a command",
        },
    },
    ASKERS: {
        "test_deciding.py": {
            "test_each_role_may_what_its_rights_say_whatever_it_is_called": "a stranger's command",
            "test_bots_are_not_heard_unless_the_operator_lists_them": "a bot's command",
            "test_the_bots_own_comments_start_nothing": "the bot's own comments",
            "test_nobody_is_answered_because_another_person_has_their_name": "a name that another had",
            "test_what_is_done_is_what_stood_in_the_webhook": "a text that is edited later",
            "test_many_commands_at_once_never_pass_the_quota": "more than a quota at once",
            "test_a_loop_on_one_issue_is_broken_and_no_other_issue_is_hit": "a loop of commands",
            "test_the_same_comment_redelivered_ten_times_is_one_task": "a replayed delivery",
        },
        "test_wishes.py": {
            "test_whoever_left_the_team_meanwhile_gets_nothing": "a team that somebody has left",
        },
        "test_edits.py": {
            "test_somebody_elses_edit_is_not_the_authors": "a command in another person's edit",
        },
        "test_doing.py": {
            "test_a_pull_request_from_a_fork_is_left_alone": "a pull request from a fork",
        },
    },
    DOOR: {
        "test_intake.py": {
            "test_a_wrong_signature_is_refused_and_leaves_nothing": "a forged signature",
            "test_a_doubled_signature_header_is_refused": "two signatures",
            "test_a_body_that_streams_past_the_cap_is_refused": "a body bomb",
            "test_json_that_is_none_or_too_odd_is_refused_in_one_line": "odd JSON",
            "test_without_a_secret_nothing_starts": "no secret at all",
        },
    },
    WORDS: {
        "wording/test_safe.py": {
            "test_nothing_in_an_agent_s_summary_acts_wherever_it_stands": "live Markdown",
        },
        "hostile/test_sayings.py": {
            "test_a_stranger_s_title_acts_nowhere": "a title that keeps CI from running",
            "test_what_is_told_of_a_repository_does_not_act": "live words in what is told of a repository",
        },
        "wording/test_hidden.py": {
            "test_hidden_text_is_taken_out": "hidden instructions in an issue",
            "test_characters_that_nobody_sees_are_taken_out": "hidden marks",
        },
        "test_seeing.py": {
            "test_what_lies_elsewhere_is_never_asked_for": "images at other hosts, and of the machine's own network",
            "test_a_redirect_to_another_host_is_not_followed": "images that lead on to another host",
            "test_one_that_is_too_large_or_no_image_is_left_out_and_the_others_are_given": "images that are none",
        },
        "test_instructions.py": {
            "test_a_pull_request_is_worked_on_by_the_rules_of_its_base": "a pull request's own rules for agents",
            "test_what_agents_obey_is_the_bases_where_a_fork_is_read": "a fork's own rules for agents",
            "test_a_link_that_leads_nowhere_here_is_no_file": "rules that are a link out of the repository",
        },
        "config/test_logging.py": {
            "test_a_line_is_one_line_of_plain_characters_whatever_the_text_holds": "terminal codes",
        },
    },
}
