using Dapr.Actors;
using Dapr.Actors.Client;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Fleet;

/// <summary>Finds who answers for what.</summary>
internal sealed class FleetLocator(FleetDirectory directory, IActorProxyFactory actors)
{
    /// <summary>Batches that are asked at once.</summary>
    private const int AtOnce = 16;

    public IFleetActor Fleet => actors.CreateActorProxy<IFleetActor>(new ActorId(ActorTypes.TheFleet), ActorTypes.Fleet);

    public IBatchActor Batch(string name) => actors.CreateActorProxy<IBatchActor>(new ActorId(name), ActorTypes.Batch);

    public Task<IReadOnlyList<string>> ListBatchesAsync(CancellationToken cancellationToken) => directory.ListBatchesAsync(cancellationToken);

    /// <param name="id">Of a task, execution, requirement or signal.</param>
    public Task<string?> FindBatchAsync(long id, CancellationToken cancellationToken) => directory.FindBatchAsync(id, cancellationToken);

    /// <summary>The batch that an id belongs to.</summary>
    /// <param name="what">What it is an id of, for the answer.</param>
    /// <exception cref="Http.ApiException">There is none: 404.</exception>
    public async Task<IBatchActor> OwnerAsync(long id, string what, CancellationToken cancellationToken) =>
        Batch(await FindBatchAsync(id, cancellationToken) ?? throw FleetRoutes.NoSuch(what));

    /// <summary>Ids by batch; ids that no batch ever had are under the empty name.</summary>
    public async Task<ILookup<string, long>> GroupAsync(IEnumerable<long> ids, CancellationToken cancellationToken)
    {
        Dictionary<long, string> owners = [];
        foreach (long id in ids) owners[id] = await FindBatchAsync(id, cancellationToken) ?? "";
        return owners.ToLookup(owner => owner.Value, owner => owner.Key);
    }

    /// <summary>The batch that a worker serves now.</summary>
    /// <exception cref="Http.ApiException">Nobody knows it: 404.</exception>
    public async Task<IBatchActor> ServedByAsync(long workerId) => Batch(FleetRoutes.Value(await Fleet.FindWorker(workerId)).Batch);

    /// <summary>Asks every batch, a few at a time.</summary>
    public async Task<IReadOnlyList<T>> AskAllAsync<T>(Func<IBatchActor, Task<T>> ask, CancellationToken cancellationToken)
    {
        List<T> answers = [];
        foreach (string[] some in (await ListBatchesAsync(cancellationToken)).Chunk(AtOnce)) answers.AddRange(await Task.WhenAll(some.Select(name => ask(Batch(name)))));
        return answers;
    }
}
