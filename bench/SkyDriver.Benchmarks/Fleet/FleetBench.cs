using System.Diagnostics;
using System.Text.Json;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Fleet;

namespace SkyDriver.Benchmarks.Fleet;

/// <summary>What one large batch costs in its actor: processor time and memory of the domain, without store and network.</summary>
internal static class FleetBench
{
    private const int Tasks = 100_000;
    private const int Workers = 10_000;
    private static long block = 1;

    public static int Run()
    {
        Console.WriteLine($"{"",-52}{"CPU ms",10}{"µs each",10}");
        // Once without a record of it: what is measured is compiled code.
        Create(5000);
        BatchState batch = Measure($"create {Tasks:N0} tasks, each waits for two", Tasks, () => Create(Tasks));
        Console.WriteLine($"memory: {Bytes(batch):N0} bytes a task");
        Measure($"{Workers:N0} workers adopted", Workers, () => Adopt(batch));
        Measure("assign the thousand that are ready", 1000, () => batch.Dispatch(Tasks));
        Measure($"{Tasks:N0} tasks through all workers, to their end", Tasks, () => Work(batch));
        Measure($"heartbeats of {Workers:N0} workers with one execution each", Workers, () => Beat(Load(batch)));
        Measure("the same, as JSON of request and reply", Workers, () => BeatJson(batch));
        Measure("tick (silence, limits)", 1, batch.Tick);
        Measure("digest for the fleet", 1, () => batch.Digest());
        SaveChunk(batch);
        Measure("one chunk of 100 tasks as JSON", 100, () => Enumerable.Range(0, 100).Sum(_ => SaveChunk(batch)));
        Console.WriteLine($"a chunk: {SaveChunk(batch):N0} bytes");
        Recruit();
        return 0;
    }

    private static BatchState Create(int tasks)
    {
        BatchState batch = new("bench") { Now = DateTimeOffset.UnixEpoch };
        Give(batch, tasks);
        List<long> last = [];
        for (int i = 0; i < tasks / 1000; i++)
        {
            // Each of a thousand needs two of the thousand before.
            TaskFieldsV1[] some = [.. Enumerable.Range(0, 1000).Select(n => new TaskFieldsV1 { Command = $"process --part {i} {n}", RequiredTaskIds = last.Count == 0 ? null : [last[n], last[(n + 1) % 1000]] })];
            last = [.. batch.CreateTasks(new(some)).Value!];
        }

        return batch;
    }

    private static bool Adopt(BatchState batch)
    {
        for (int id = 1; id <= Workers; id++)
            batch.AdoptWorker(new(new() { WorkerId = id, Name = $"w{id}", Batch = "bench", Status = "running", Concurrency = 1 }, Contacted: true));
        return true;
    }

    private static bool Work(BatchState batch)
    {
        while (batch.LiveExecutions > 0)
        {
            foreach (long id in batch.Rows.Where(t => t.Live is not null).Select(t => t.Live!.Id).ToArray())
                foreach (string status in new[] { "accepted", "running", "succeeded" }) batch.UpdateExecution(new(id, new() { Status = status }));
            batch.Dispatch(Tasks);
            batch.Effects.Clear();
            batch.Changes.Clear();
        }

        return batch.Count(TaskState.Succeeded) == Tasks ? true : throw new InvalidOperationException("Not all tasks are done.");
    }

    private static HeartbeatV1[] Load(BatchState batch)
    {
        if (batch.LiveExecutions == 0)
        {
            for (int i = 0; i < Workers / 1000; i++) batch.CreateTasks(new([.. Enumerable.Range(0, 1000).Select(_ => new TaskFieldsV1 { Command = "more" })]));
            batch.Dispatch(Workers);
            current = batch;
        }

        return [.. batch.Rows.Where(t => t.Live is not null).Select(t => new HeartbeatV1(t.Live!.WorkerId!.Value, "12 %", 40, "{}", [new(t.Live.Id, "running")], []))];
    }

    private static BatchState? current;

    private static int Beat(HeartbeatV1[] beats)
    {
        int assignments = 0;
        foreach (HeartbeatV1 beat in beats)
            if (current!.Hear(beat, out IReadOnlyList<long> dropped)) assignments += current.Reply(beat.WorkerId, dropped).Assignments.Count;
        return assignments;
    }

    private static long BeatJson(BatchState batch)
    {
        long bytes = 0;
        foreach (HeartbeatV1[] second in Load(batch).Chunk(Workers / 30))
        {
            HeartbeatsV1 request = JsonSerializer.Deserialize<HeartbeatsV1>(JsonSerializer.SerializeToUtf8Bytes(new HeartbeatsV1(second)))!;
            foreach (HeartbeatV1 beat in request.Beats) batch.Hear(beat, out _);
            bytes += JsonSerializer.SerializeToUtf8Bytes(new HeartbeatAnswersV1([.. request.Beats.Select(b => FleetAnswer.Ok(batch.Reply(b.WorkerId, [])))])).Length;
        }

        return bytes;
    }

    private static int SaveChunk(BatchState batch) =>
        JsonSerializer.SerializeToUtf8Bytes(batch.SaveTasks(batch.Rows.First().Id / BatchState.TasksPerChunk, (_, _) => { })).Length;

    private static void Recruit()
    {
        WorkerEntry Entry(long id) => new(id, $"w{id}", null, "a", false, "f", "p", "r", $"l{id}", 1, DateTimeOffset.UnixEpoch, new Dictionary<string, CarriedWeight>());
        Dictionary<long, WorkerEntry> workers = Enumerable.Range(1, Workers).ToDictionary(id => (long)id, id => Entry(id));
        WorkerDigestV1[] digests = [.. workers.Keys.Select(id => new WorkerDigestV1(id, "running", 1, 0, 0, default, null, null))];
        RecruiterV1 recruiter = new() { Batch = "b", Rank = 1, TasksPerWorker = 1, WorkerConcurrency = 1, WorkerFlavor = "f" };
        RecruitingView view = new(
            [new("a", false, 0, 0, null, [], digests, []), new("b", false, Workers, 0, null, [recruiter], [], [])], workers, new Dictionary<(string, int), int>(), [], new HashSet<(string, string)>());
        RecruitingCycle.Plan(view);
        Measure($"recruiting cycle: {Workers:N0} workers recycled", Workers, () => RecruitingCycle.Plan(view).Recyclings.Count);
    }

    private static void Give(BatchState batch, int tasks)
    {
        foreach ((IdKind kind, int count) in new[] { (IdKind.Task, tasks + Workers), (IdKind.Requirement, 2 * tasks), (IdKind.Execution, tasks + (2 * Workers)), (IdKind.Signal, Workers) })
            for (int missing = batch.Ids.Missing(kind, count); missing > 0; missing--) batch.Ids.Give(kind, block++ * FleetIds.PerBlock);
    }

    private static long Bytes(BatchState batch)
    {
        long bytes = GC.GetTotalMemory(forceFullCollection: true) / Tasks;
        GC.KeepAlive(batch);
        return bytes;
    }

    private static void Measure(string what, int each, Action act) => Measure(what, each, () =>
    {
        act();
        return true;
    });

    /// <summary>Processor time, as the machine may be busy with other things.</summary>
    private static T Measure<T>(string what, int each, Func<T> act)
    {
        using Process self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        T result = act();
        self.Refresh();
        double milliseconds = (self.TotalProcessorTime - before).TotalMilliseconds;
        Console.WriteLine(FormattableString.Invariant($"{what,-52}{milliseconds,10:N0}{milliseconds * 1000 / each,10:N1}"));
        return result;
    }
}
