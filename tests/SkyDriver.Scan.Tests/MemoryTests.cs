using System.Buffers;

namespace SkyDriver.Scan.Tests;

/// <summary>These look at the whole process, so nothing runs beside them.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class AloneCollection;

[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Fact]
    public void Bytes_FullSkyWithSevenVariations_StaysBelowAHundredBytesAPixel()
    {
        const int pixels = 12 * 128 * 128;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var ledger = new ScanLedger(TestPlans.Plan("128:0", variations: 7), 0);
        ledger.OpenRound(0);
        for (double now = 1; ledger.TakeBatch(256, now) is { Count: > 0 } batch; now++)
        {
            foreach (var seed in batch) ledger.Fold(TestRecos.Reco(seed.Nside, seed.Ipix, seed.Posvar, seed.Ipix), now);
            ledger.TakeLog(new ArrayBufferWriter<byte>());
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(ledger.RoundDue);
        Assert.True(bytes < 100L * pixels, $"{(double)bytes / pixels:F1} bytes per pixel");
    }

    [Fact]
    public void Bytes_ManyRoundsOfScatteredPixels_StaysBelowAHundredBytesAPixel()
    {
        const int rounds = 40, pixelsPerRound = 5000;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var ledger = new ScanLedger(TestPlans.Plan("512:0"), 0) { Window = int.MaxValue };
        for (long round = 0; round < rounds; round++)
        {
            ledger.Open([[.. Enumerable.Range(0, pixelsPerRound).Select(i => round + rounds * 15L * i)]]);
            foreach (var seed in ledger.TakeBatch(pixelsPerRound, round)) ledger.Fold(TestRecos.Reco(seed.Nside, seed.Ipix, 0, seed.Ipix), round);
            ledger.TakeLog(new ArrayBufferWriter<byte>());
        }

        long bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(rounds * pixelsPerRound, ledger.Counts().SavedPixels);
        Assert.True(bytes < 100L * rounds * pixelsPerRound + (2 << 20), $"{(double)bytes / (rounds * pixelsPerRound):F1} bytes per pixel");
    }
}
