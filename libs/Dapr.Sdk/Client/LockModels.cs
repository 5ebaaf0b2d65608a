using System.Diagnostics.CodeAnalysis;

namespace Dapr.Client;

/// <summary>The outcome of taking a lock. Disposing it gives the lock back, with a client set up from the environment.</summary>
[Experimental(DaprExperiments.DistributedLock, UrlFormat = DaprExperiments.DistributedLockUrl)]
public sealed class TryLockResponse : IAsyncDisposable
{
    /// <summary>False when another owner has the lock.</summary>
    public bool Success { get; init; }

    public string ResourceId { get; init; } = null!;

    public string LockOwner { get; init; } = null!;

    public string StoreName { get; init; } = null!;

    public async ValueTask DisposeAsync()
    {
        if (!Success) return;
        using var client = new DaprClientBuilder().Build();
        await client.Unlock(StoreName, ResourceId, LockOwner);
    }
}

/// <summary>What became of giving a lock back.</summary>
public enum LockStatus
{
    Success,
    LockDoesNotExist,
    LockBelongsToOthers,
    InternalError,
}

/// <summary>The outcome of giving a lock back.</summary>
public class UnlockResponse(LockStatus status)
{
#pragma warning disable IDE1006, SA1300 // The official name is in lower case.
    public LockStatus status { get; set; } = status;
#pragma warning restore IDE1006, SA1300
}

/// <summary>Diagnostics of parts that Dapr still calls experimental.</summary>
internal static class DaprExperiments
{
    public const string DistributedLock = "DAPR_DISTRIBUTEDLOCK";
    public const string DistributedLockUrl =
        "https://docs.dapr.io/developing-applications/building-blocks/distributed-lock/distributed-lock-api-overview/";
}
