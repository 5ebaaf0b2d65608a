using SkyDriver.Contracts;
using SkyDriver.Hosting.Metrics;
using SkyDriver.Hosting.Startup;

namespace SkyDriver.Hosting.Doctor;

/// <summary>Runs the probes of this service, all at once; whatever a probe does, there is an answer.</summary>
public sealed class ServiceDoctor(IEnumerable<ISystemProbe> probes, ComponentNeeds needs, TimeProvider clock)
{
    /// <summary>A probe that takes longer has failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<ServiceHealthV1> ExamineAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<SystemCheckV1>[] checks = await Task.WhenAll(probes.Select(probe => RunAsync(probe, cancellationToken)));
        return new(needs.AppId, MetricCollector.Version, clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, [.. checks.SelectMany(c => c)]);
    }

    private async Task<IReadOnlyList<SystemCheckV1>> RunAsync(ISystemProbe probe, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = new(Patience, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            // Also a probe that does not heed its token must not hold the answer up.
            return await Task.Run(() => probe.RunAsync(either.Token), either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return [SystemCheckV1.Failed(probe.Name, $"no answer within {Patience.TotalSeconds:0} s", probe.Remedy)];
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            return [SystemCheckV1.Failed(probe.Name, fault.Message, probe.Remedy)];
        }
    }
}
