using SkyDriver.Apps.Tests.Fakes;
using SkyDriver.Contracts;
using SkyDriver.Scanner;

namespace SkyDriver.Apps.Tests.Scanner;

public class ScanJournalTests
{
    private readonly FakeActorState state = new();

    [Fact]
    public async Task Append_ManySegments_AreReadBackInOrderFromFewKeys()
    {
        ScanJournal journal = await BeginAsync();
        List<byte[]> written = [];
        for (int i = 0; i < 300; i++)
        {
            byte[] segment = Bytes(i, 1 + (i * 37 % 900));
            written.Add(segment);
            await journal.AppendAsync(segment);
            await journal.CommitAsync();
        }

        ScanJournal again = (await ScanJournal.OpenAsync(state.Activate()))!;
        List<ReadOnlyMemory<byte>> read = await again.ReadLogAsync();
        Assert.Equal(written, read.Select(segment => segment.ToArray()));
        Assert.InRange(state.Keys.Count, 3, 10);
    }

    [Fact]
    public async Task Append_NotCommitted_IsNotThere()
    {
        ScanJournal journal = await BeginAsync();
        await journal.AppendAsync(Bytes(1, 10));
        await journal.CommitAsync();
        await journal.AppendAsync(Bytes(2, 10));
        ScanJournal again = (await ScanJournal.OpenAsync(state.Activate()))!;
        Assert.Equal(Bytes(1, 10), Assert.Single(await again.ReadLogAsync()).ToArray());
    }

    [Fact]
    public async Task Append_AfterReopening_ContinuesTheSamePage()
    {
        ScanJournal journal = await BeginAsync();
        await journal.AppendAsync(Bytes(1, 10));
        await journal.CommitAsync();
        ScanJournal again = (await ScanJournal.OpenAsync(state.Activate()))!;
        await again.ReadLogAsync();
        await again.AppendAsync(Bytes(2, 20));
        await again.CommitAsync();
        ScanJournal third = (await ScanJournal.OpenAsync(state.Activate()))!;
        Assert.Equal([Bytes(1, 10), Bytes(2, 20)], (await third.ReadLogAsync()).Select(s => s.ToArray()));
        Assert.Equal(2, state.Keys.Count);
    }

    [Fact]
    public async Task Snapshot_Large_ReplacesTheLogInTransactionsBelowTheSidecarsLimit()
    {
        ScanJournal journal = await BeginAsync();
        for (int round = 1; round <= 2; round++)
        {
            for (int i = 0; i < 40; i++)
            {
                await journal.AppendAsync(Bytes(i, 4000));
                await journal.CommitAsync();
            }

            await journal.SnapshotAsync(Bytes(round, 5_000_000));
        }

        await journal.AppendAsync(Bytes(9, 9));
        await journal.CommitAsync();
        ScanJournal again = (await ScanJournal.OpenAsync(state.Activate()))!;
        Assert.Equal(Bytes(2, 5_000_000), await again.ReadSnapshotAsync());
        Assert.Equal(Bytes(9, 9), Assert.Single(await again.ReadLogAsync()).ToArray());
        Assert.True(state.LargestSave < 2 << 20, $"a transaction of {state.LargestSave} characters");
        // Head, seven chunks, one page: nothing of the first snapshot and the old log is left.
        Assert.Equal(9, state.Keys.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task Snapshot_CrashAtAnySave_LeavesOldOrNewStateWhole(int savesBeforeCrash)
    {
        ScanJournal journal = await BeginAsync();
        await journal.AppendAsync(Bytes(1, 4000));
        await journal.CommitAsync();
        int left = savesBeforeCrash;
        state.OnSave = () =>
        {
            if (left-- == 0) throw new IOException("the process dies");
        };
        await Assert.ThrowsAsync<IOException>(() => journal.SnapshotAsync(Bytes(2, 5_000_000)));
        state.OnSave = null;
        ScanJournal again = (await ScanJournal.OpenAsync(state.Activate()))!;
        byte[] snapshot = await again.ReadSnapshotAsync();
        List<ReadOnlyMemory<byte>> log = await again.ReadLogAsync();
        if (snapshot.Length == 0) Assert.Equal(Bytes(1, 4000), Assert.Single(log).ToArray());
        else Assert.Equal((Convert.ToHexString(Bytes(2, 5_000_000)), 0), (Convert.ToHexString(snapshot), log.Count));
    }

    private async Task<ScanJournal> BeginAsync()
    {
        ScanJournal journal = ScanJournal.Begin(state.Activate(), new() { Open = new("s", "e"), State = ScanActorState.Scanning });
        await journal.CommitAsync();
        return journal;
    }

    private static byte[] Bytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
