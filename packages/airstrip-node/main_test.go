package main

import (
	"flag"
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	cases := []struct {
		argv    []string
		program string
		args    []string
	}{
		{[]string{"airstrip-node", "etcd", "--name", "x"}, "etcd", []string{"etcd", "--name", "x"}},
		{[]string{"/opt/bin/kubelet", "--v=2"}, "kubelet", []string{"/opt/bin/kubelet", "--v=2"}},
		{[]string{"/opt/airstrip-node", "coredns"}, "coredns", []string{"coredns"}},
	}
	for _, c := range cases {
		program, args, err := choose(c.argv)
		if err != nil || program != c.program || !slices.Equal(args, c.args) {
			t.Errorf("choose(%q) = %q, %q, %v; want %q, %q", c.argv, program, args, err, c.program, c.args)
		}
	}
}

func TestChooseRefuses(t *testing.T) {
	for _, argv := range [][]string{nil, {"airstrip-node"}, {"airstrip-node", "--version"}} {
		if program, _, err := choose(argv); err == nil {
			t.Errorf("choose(%q) = %q; want an error", argv, program)
		}
	}
}

func TestWithoutCoreDNS(t *testing.T) {
	kept := withoutCoreDNS(flag.CommandLine)
	for _, name := range corednsFlags {
		if flag.CommandLine.Lookup(name) == nil {
			t.Errorf("CoreDNS has no flag %q any more", name)
		}
		if kept.Lookup(name) != nil {
			t.Errorf("flag %q is kept", name)
		}
	}
	if kept.Lookup("machine_id_file") == nil {
		t.Error("a flag of the kubelet's is lost")
	}
}
