using Dapr.Actors;
using Dapr.Actors.Runtime;

namespace Dapr.Sdk.Tests.Actors;

public interface ICounter : IActor
{
    Task<int> Add(Step step, CancellationToken cancellationToken = default);

    Task<int> Get();

    Task Fail(int before);

    Task Remind(string name);

    Task<string> AskOther(string otherId);

    Task Store(IReadOnlyDictionary<string, string> operations);
}

public sealed record Step(int By);

public sealed class Journal
{
    public List<string> Lines { get; } = [];
}

/// <summary>Uses a little of everything an actor can do.</summary>
[Actor(TypeName = "Counter")]
public sealed class CounterActor(ActorHost host, Journal journal) : Actor(host), ICounter, IRemindable, IDisposable
{
    public async Task<int> Add(Step step, CancellationToken cancellationToken = default)
    {
        int next = await Get() + step.By;
        await StateManager.SetStateAsync("count", next, cancellationToken);
        return next;
    }

    public async Task<int> Get() => (await StateManager.TryGetStateAsync<int>("count")).Value;

    public async Task Fail(int before)
    {
        await Add(new Step(before));
        throw new InvalidOperationException("half done");
    }

    public async Task Remind(string name)
    {
        await RegisterReminderAsync(name, [1, 2, 3], TimeSpan.FromSeconds(90), TimeSpan.FromMinutes(1));
        await RegisterReminderAsync(name + "-five", null, TimeSpan.Zero, TimeSpan.FromMinutes(90), repetitions: 5);
        await RegisterTimerAsync(name, nameof(OnTimer), [9], TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        var found = await GetReminderAsync(name);
        journal.Lines.Add($"{found.Name} {found.State.Length} {found.DueTime} {found.Period}");
        journal.Lines.Add($"{await GetReminderAsync("nobody") is null}");
    }

    public async Task<string> AskOther(string otherId) =>
        $"other has {await ProxyFactory.CreateActorProxy<ICounter>(new ActorId(otherId), "Counter").Get()}";

    public async Task Store(IReadOnlyDictionary<string, string> operations)
    {
        foreach (var (key, operation) in operations)
        {
            if (operation == "remove") await StateManager.RemoveStateAsync(key);
            else if (operation == "add") await StateManager.AddStateAsync(key, 1, TimeSpan.FromSeconds(5));
            else await StateManager.AddOrUpdateStateAsync(key, 10, (_, old) => old + 1);
        }
    }

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        journal.Lines.Add($"reminder {reminderName} [{string.Join(',', state)}] {dueTime} {period}");
        await Add(new Step(100));
    }

    protected override Task OnActivateAsync()
    {
        journal.Lines.Add($"activated {Id}");
        return Task.CompletedTask;
    }

    protected override Task OnDeactivateAsync()
    {
        journal.Lines.Add($"deactivated {Id}");
        return Task.CompletedTask;
    }

    public void Dispose() => journal.Lines.Add("disposed");

    private Task OnTimer(byte[] data)
    {
        journal.Lines.Add($"timer {data[0]}");
        return Add(new Step(1000));
    }
}
