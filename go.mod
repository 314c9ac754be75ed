module github.com/concord-go/concord

go 1.26.0
