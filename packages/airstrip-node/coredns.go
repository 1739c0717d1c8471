package main

import (
	"flag"
	"slices"

	"github.com/coredns/coredns/coremain"

	// The plugins that a Corefile of the node may name. CoreDNS's own list
	// would link the client library of every cloud.
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
)

// corednsFlags are what CoreDNS registers for the whole process, whichever
// program it is to be.
var corednsFlags = []string{"conf", "dns.port", "p", "pidfile", "plugins", "quiet", "version"}

func coredns() { coremain.Run() }

// withoutCoreDNS returns the flags that are not CoreDNS's. kube-proxy takes all
// flags of the process as its own, and would lose its --version to CoreDNS.
func withoutCoreDNS(flags *flag.FlagSet) *flag.FlagSet {
	kept := flag.NewFlagSet(flags.Name(), flag.ExitOnError)
	flags.VisitAll(func(f *flag.Flag) {
		if !slices.Contains(corednsFlags, f.Name) {
			kept.Var(f.Value, f.Name, f.Usage)
		}
	})
	return kept
}
