using System.Globalization;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Hosting.Doctor;

/// <summary>Writes a value, reads it back, and removes it.</summary>
internal sealed class StoreProbe(StateStore store, TimeProvider clock) : ISystemProbe
{
    /// <summary>Should the removal fail, the store forgets it by itself, where it can.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public string Name => "store";

    public string Remedy => $"Look at the server behind the component '{Components.StateStore}': is it up, has it room, does the login in its secret hold?";

    public async Task<IReadOnlyList<SystemCheckV1>> RunAsync(CancellationToken cancellationToken)
    {
        string key = StateKeys.Probe(Guid.NewGuid().ToString("N"));
        long start = clock.GetTimestamp();
        await store.SaveAsync(key, key, Lifetime, cancellationToken);
        string? read = await store.GetAsync<string>(key, cancellationToken);
        if (read != key) return [SystemCheckV1.Failed(Name, read is null ? "what was written cannot be read" : "what is read is not what was written", Remedy)];
        await store.DeleteAsync(key, cancellationToken);
        if (await store.GetAsync<string>(key, cancellationToken) is not null) return [SystemCheckV1.Failed(Name, "what was removed is still there", Remedy)];
        return [SystemCheckV1.Ok(Name, string.Create(CultureInfo.InvariantCulture, $"write, read and delete in {clock.GetElapsedTime(start).TotalMilliseconds:0} ms"))];
    }
}
