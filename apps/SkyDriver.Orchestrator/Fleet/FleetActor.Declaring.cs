using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Orchestrator.Fleet;

// Workers that declare themselves: thousands at once when a scan begins, so many share a turn and its writes.
public sealed partial class FleetActor
{
    public async Task<FleetAnswer<WorkerV1>> DeclareWorker(FleetCommand<NewWorkerV1> command) => (await DeclareWorkers([command]))[0];

    public async Task<IReadOnlyList<FleetAnswer<WorkerV1>>> DeclareWorkers(IReadOnlyList<FleetCommand<NewWorkerV1>> commands)
    {
        Declaration[] all = [.. commands.Select(command => new Declaration(command))], sound = [.. all.Where(d => d.Answer is null)];
        if (sound.Length > 0)
        {
            await TurnAsync(async fleet =>
            {
                await DeclareAsync(fleet, sound);
                return true;
            });
        }

        return [.. all.Select(d => d.Answer!)];
    }

    private async Task DeclareAsync(FleetState fleet, Declaration[] all)
    {
        KeyBook? keys = all.Any(d => d.Key is not null) ? keptKeys ?? await KeyBook.LoadAsync(StateManager) : null;
        // Until the turn is over nobody may rely on what it adds.
        if (keys is not null) keptKeys = null;
        Dictionary<string, Declaration> named = [];
        foreach (Declaration one in all) Place(fleet, one, keys, named);
        if (all.Any(d => d.IsNew)) await SaveAsync(fleet);
        foreach (IGrouping<string, Declaration> batch in all.Where(d => d.Entry is not null).GroupBy(d => d.Entry!.Batch)) await AnswerAsync(batch.Key, [.. batch]);
        foreach (Declaration one in named.Values.Where(d => d.Answer!.IsOk)) await keys!.AddAsync(new(one.Key!, one.Fingerprint, Now(), one.Status, [one.Entry!.Id]));
        if (keys is not null) keptKeys = keys;
    }

    /// <summary>Finds the worker, or adds it.</summary>
    /// <param name="named">Those of this turn that have a key which is new.</param>
    private void Place(FleetState fleet, Declaration one, KeyBook? keys, Dictionary<string, Declaration> named)
    {
        if (one.Key is { } key)
        {
            Declaration? first = named.GetValueOrDefault(key);
            KeyNote? note = first is null ? keys!.Find(key, Now()) : null;
            if ((first?.Fingerprint ?? note?.Fingerprint) is { } known && known != one.Fingerprint)
            {
                one.Answer = FleetAnswer.Conflict<WorkerV1>($"Idempotency-Key '{key}' was used for another request; use a new one.");
                return;
            }

            if (first is not null || note is not null)
            {
                one.Status = first?.Status ?? note!.Status;
                one.Entry = first?.Entry ?? fleet.Workers.GetValueOrDefault(note!.Ids[0]);
                if (one.Entry is null) one.Answer = NoWorker(note!.Ids[0]);
                return;
            }

            named[key] = one;
        }

        NewWorkerV1 body = one.Body;
        one.Entry = (body.LauncherId is { } launcher ? fleet.FindByLauncher(launcher) : null) ?? fleet.FindByName(body.Name, body.Hostname);
        if (one.Entry is null) Add(fleet, one);
        else if (body.Hostname is not null && one.Entry.Hostname != body.Hostname) fleet.Put(one.Entry = one.Entry with { Hostname = body.Hostname });
    }

    private void Add(FleetState fleet, Declaration one)
    {
        NewWorkerV1 body = one.Body;
        bool permanent = body.Permanent ?? body.LauncherId is null;
        one.Entry = fleet.Add(id => new(
            id, body.Name, body.Hostname, body.Batch ?? FleetIds.DefaultBatch, permanent, body.Flavor, body.Provider ?? (body.LauncherId is null ? "local" : null), body.Region, body.LauncherId, null, Now(),
            new Dictionary<string, CarriedWeight>()));
        (one.IsNew, one.Status) = (true, 201);
    }

    /// <summary>One batch takes in those that are new to it, and says how all are. Should it be away, the others are none the worse.</summary>
    private async Task AnswerAsync(string batch, Declaration[] declared)
    {
        Dictionary<long, WorkerV1> rows = [];
        bool isThere = await TryAsync($"the taking in of declared workers by batch {batch}", async () =>
        {
            AdoptWorkerV1[] fresh = [.. declared.Where(d => d.IsNew).Select(d => new AdoptWorkerV1(Row(d.Entry!, d.Body.Status ?? FleetWorkerStatus.Paused, d.Body.Concurrency, d.Body.Prefetch ?? 0)))];
            if (fresh.Length > 0) await actors.Batch(batch).AdoptWorkers(fresh);
            foreach (WorkerV1 row in await actors.Batch(batch).GetWorkers([.. declared.Select(d => d.Entry!.Id).Distinct()])) rows[row.WorkerId] = row;
        });
        foreach (Declaration one in declared)
        {
            one.Answer = isThere
                ? new(one.Status, rows.GetValueOrDefault(one.Entry!.Id) ?? Row(one.Entry, FleetWorkerStatus.Offline, 0, 0))
                : FleetAnswer.Unavailable<WorkerV1>($"Batch '{batch}' does not answer now; declare the worker again in a moment.");
        }
    }

    /// <summary>One declaration on its way through a turn.</summary>
    private sealed class Declaration
    {
        private readonly FleetCommand<NewWorkerV1> command;

        public Declaration(FleetCommand<NewWorkerV1> command)
        {
            this.command = command;
            List<string> faults = [];
            WorkerFields.Check(command.Body, faults);
            if (KeyBook.WhyNot(command.Key) is { } why) faults.Add(why);
            if (faults.Count > 0) Answer = FleetAnswer.Refused<WorkerV1>(string.Join(' ', faults));
        }

        public NewWorkerV1 Body => command.Body;

        public string? Key => command.Key;

        public string Fingerprint => field ??= KeyBook.Fingerprint(command.Body);

        public WorkerEntry? Entry { get; set; }

        public bool IsNew { get; set; }

        public int Status { get; set; } = 200;

        public FleetAnswer<WorkerV1>? Answer { get; set; }
    }
}
