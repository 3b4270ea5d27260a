from pipelines.shared.command_line.program import run

run()
