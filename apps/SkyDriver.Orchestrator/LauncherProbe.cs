using Dapr.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Doctor;

namespace SkyDriver.Orchestrator;

/// <summary>Asks each launcher which workers it has.</summary>
public sealed class LauncherProbe(DaprClient dapr, WorkerLaunchers launchers) : ISystemProbe
{
    private const string Prefix = "workers-";

    public string Name => "schedulers";

    public string Remedy => "Look at the launchers' logs: docs/htcondor.md and docs/kubernetes-jobs.md say what each needs.";

    public async Task<IReadOnlyList<SystemCheckV1>> RunAsync(CancellationToken cancellationToken)
    {
        DaprMetadata sidecar = await dapr.GetMetadataAsync(cancellationToken);
        string[] places = [.. sidecar.Components.Select(c => c.Name).Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(n => n[Prefix.Length..]).Order(StringComparer.Ordinal)];
        if (places.Length == 0) return [new(Name, SystemCheckState.Warning, "no launcher is configured: only workers that come by themselves serve scans", "Add a binding component workers-PLACE; components/ has examples.")];
        return await Task.WhenAll(places.Select(place => AskAsync(place, cancellationToken)));
    }

    private async Task<SystemCheckV1> AskAsync(string place, CancellationToken cancellationToken)
    {
        string name = $"scheduler {place}";
        // The others' answers must not wait for one that hangs.
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(0.8 * ServiceDoctor.Patience);
        try
        {
            WorkerListV1 listed = await launchers.ListAsync(place, (string?)null).WaitAsync(patience.Token);
            if (listed.Unreachable is { Count: > 0 } silent)
                return SystemCheckV1.Failed(name, $"the launcher answers, but not {string.Join("; ", silent.Select(p => $"{p.Place}: {p.Message}"))}", Remedy);
            string[] states = [.. listed.Workers.GroupBy(w => w.State).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}")];
            return SystemCheckV1.Ok(name, states.Length == 0 ? "it answers, and has no workers" : $"workers: {string.Join(", ", states)}");
        }
        catch (OperationCanceledException)
        {
            return SystemCheckV1.Failed(name, $"the launcher did not answer within {0.8 * ServiceDoctor.Patience.TotalSeconds:0} s", Remedy);
        }
        catch (Exception fault)
        {
            return SystemCheckV1.Failed(name, fault.Message, Remedy);
        }
    }
}
