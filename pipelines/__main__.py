from pipelines.command_line import run

run()
