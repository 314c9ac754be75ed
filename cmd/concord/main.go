// Command concord is the command-line tool of the concord SDK: see `concord help`.
package main

import (
	"os"

	"github.com/concord-go/concord/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
