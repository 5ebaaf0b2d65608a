using SkyDriver.Deploy.Tests.Harness;

namespace SkyDriver.Deploy.Tests.Checks;

/// <summary>Each connection that the programs need is let through, and those that an intruder would like are not.</summary>
internal static class NetworkChecks
{
    private static readonly string[] Services = ["api", "orchestrator", "scanner"];

    public static IEnumerable<string> Connections(Manifests site)
    {
        Network network = new(site);
        foreach ((End from, End to, int port, string protocol) in Needed(site).Where(c => !network.Allows(c.From, c.To, c.Port, c.Protocol))) yield return $"{from} cannot reach {to} on {protocol} {port}";
        foreach ((End from, End to, int port) in Unwanted(site).Where(c => network.Allows(c.From, c.To, c.Port))) yield return $"{from} can reach {to} on {port}";
    }

    private static IEnumerable<(End From, End To, int Port, string Protocol)> Needed(Manifests site)
    {
        foreach (End service in Services.Select(End.Pods))
        {
            // Dapr: operator, sentry, placement, scheduler; names; other sidecars; broker; store.
            foreach (int port in (int[])[6500, 50001, 50005, 50006]) yield return (service, End.In("dapr-system"), port, "TCP");
            yield return (service, End.In("kube-system"), 53, "UDP");
            foreach (string other in Services) yield return (service, End.Pods(other), 50002, "TCP");
            yield return (service, Broker(site), BrokerPort(site), "TCP");
            yield return (service, Store(site), StorePort(site), "TCP");
            if (Traces(site) is { } collector) yield return (service, End.Elsewhere, collector, "TCP");
        }

        yield return (End.Pods("worker"), End.Pods("api"), 8080, "TCP");
        yield return (End.Pods("worker"), End.In("kube-system"), 53, "UDP");
        yield return (End.Pods("test"), End.Pods("api"), 8080, "TCP");
        if (site.Find("ConfigMap", "skydriver-api")!.At("data").Key("SKYDRIVER_AUTH_ISSUER") is not null) yield return (End.Pods("api"), End.Elsewhere, 443, "TCP");
        if (site.Find("Component", "workers-kubernetes") is not null) yield return (End.Pods("orchestrator"), End.Elsewhere, 6443, "TCP");
        if (site.Find("Component", "workers-htcondor") is not null) yield return (End.Pods("orchestrator"), End.Elsewhere, 9618, "TCP");
        if (site.Of("Ingress").Any()) yield return (End.In("ingress-nginx"), End.Pods("api"), 8080, "TCP");
        if (site.Of("HTTPRoute").Any()) yield return (End.In("gateways"), End.Pods("api"), 8080, "TCP");
        if (!site.Of("ServiceMonitor").Any()) yield break;
        foreach (string service in Services) yield return (End.In("monitoring", "prometheus"), End.Pods(service), 9090, "TCP");
    }

    private static IEnumerable<(End From, End To, int Port)> Unwanted(Manifests site)
    {
        foreach ((string service, int port) in Services.Zip([8080, 8081, 8082]))
        {
            yield return (End.Elsewhere, End.Pods(service), port);
            yield return (End.Elsewhere, End.Pods(service), 50002);
            yield return (End.In("monitoring", "grafana"), End.Pods(service), port);
            yield return (End.Pods(service), End.Elsewhere, 22);
        }

        yield return (End.Elsewhere, End.Pods("worker"), 8083);
        yield return (End.Pods("worker"), End.Pods("scanner"), 8082);
        yield return (End.Pods("worker"), End.Pods("scanner"), 50002);
        yield return (End.Pods("worker"), Store(site), StorePort(site));
        yield return (End.Pods("scanner"), End.Elsewhere, 443);
        yield return (End.Pods("api"), End.Elsewhere, 6443);
        if (!HasSidecars(site)) yield return (End.Pods("worker"), Broker(site), BrokerPort(site));
    }

    private static bool HasSidecars(Manifests site) => site.Find("Component", "pubsub")!.List("scopes").Any(s => s.ToString() == "skydriver-worker");

    private static int? Traces(Manifests site) => site.Find("Configuration", "skydriver").Text("spec.tracing.otel.endpointAddress") is { } address ? int.Parse(address.Split(':')[1]) : null;

    private static End Broker(Manifests site) => Peer(site, "skydriver-broker");

    private static End Store(Manifests site) => Peer(site, "skydriver-store");

    /// <summary>Where the policy of that name says that it is; anywhere, where it does not say.</summary>
    private static End Peer(Manifests site, string policy) =>
        site.Find("NetworkPolicy", policy)?.List("spec.egress").SelectMany(r => r.List("to")).Select(p => p.Text("ipBlock.cidr")).FirstOrDefault() is { } block ? End.At(block.Split('/')[0]) : End.Elsewhere;

    private static int BrokerPort(Manifests site) => site.Find("Component", "pubsub").Text("spec.type") switch { "pubsub.redis" => 6379, "pubsub.rabbitmq" => 5671, "pubsub.kafka" => 9093, _ => 6651 };

    private static int StorePort(Manifests site) => site.Find("Component", "statestore").Text("spec.type") == "state.redis" ? 6379 : 5432;
}
