using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Apps.Tests.FleetApi;

/// <summary>Lists over several batches are in the order of ids, however the pages fall.</summary>
public sealed class FleetPagesTests(FleetService service) : IClassFixture<FleetService>, IAsyncLifetime
{
    private readonly List<(string Batch, TaskFilterV1 Filter)> asked = [];

    public async ValueTask InitializeAsync()
    {
        await service.ResetAsync();
        foreach ((string batch, int rest) in new[] { ("b1", 0), ("b2", 1) }) service.Answers[$"{batch}.ListTasks"] = filter => Page(batch, rest, (TaskFilterV1)filter!);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task List_ManyPagesOfTwoBatches_AreMergedByIdWithoutGapOrDuplicate()
    {
        Assert.Equal(Enumerable.Range(1, 4999), await IdsAsync("/tasks"));
        Assert.True(asked.Count(a => a.Batch == "b1") > 2);
    }

    [Fact]
    public async Task List_AfterAndLimit_ReadOn()
    {
        int[] first = await IdsAsync("/tasks?limit=3"), second = await IdsAsync("/tasks?limit=3&after=3");
        Assert.Equal([1, 2, 3], first);
        Assert.Equal([4, 5, 6], second);
        Assert.All(asked, a => Assert.True(a.Filter.Limit <= 3));
        Assert.Empty(await IdsAsync("/tasks?after=4999"));
    }

    [Fact]
    public async Task List_ABatchIsGone_TheOthersAreListed()
    {
        service.Answers["b1.ListTasks"] = _ => FleetAnswer.NotFound<TaskPageV1>("no such batch");
        int[] ids = await IdsAsync("/tasks?limit=3");
        Assert.Equal([1, 3, 5], ids);
    }

    private async Task<int[]> IdsAsync(string path) => [.. (await service.CallAsync("GET", path)).Body.EnumerateArray().Select(task => task.GetProperty("task_id").GetInt32())];

    /// <summary>Ids 1 to 4999: even ones in the first batch, odd ones in the second. Each third page is empty, as with filters.</summary>
    private FleetAnswer<TaskPageV1> Page(string batch, int rest, TaskFilterV1 filter)
    {
        int count;
        lock (asked)
        {
            asked.Add((batch, filter));
            count = asked.Count;
        }

        if (count % 3 == 0 && filter.Limit > 3) return FleetAnswer.Ok(new TaskPageV1([], filter.After));
        FleetTaskV1[] tasks = [.. Enumerable.Range(1, 4999).Where(id => id % 2 == rest && id > filter.After).Take(filter.Limit).Select(id => Samples.Task(id, batch))];
        return FleetAnswer.Ok(new TaskPageV1(tasks, tasks.Length == filter.Limit ? tasks[^1].TaskId : null));
    }
}
