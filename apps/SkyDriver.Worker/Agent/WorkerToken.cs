using SkyDriver.Client;

namespace SkyDriver.Worker.Agent;

/// <summary>What lets this worker in at the service. The service gives it another one when it goes to another scan.</summary>
internal sealed class WorkerToken(string? first) : IBearerTokens
{
    private string? _now = first;

    public string? Now => Volatile.Read(ref _now);

    /// <param name="next">Null keeps the one it has.</param>
    public void Take(string? next)
    {
        if (next is not null) Volatile.Write(ref _now, next);
    }

    public ValueTask<string?> GetTokenAsync(string? refused, CancellationToken cancellationToken) => ValueTask.FromResult(Now);
}
