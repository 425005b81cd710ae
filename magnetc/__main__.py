from magnetc.cli.main import main

main()
