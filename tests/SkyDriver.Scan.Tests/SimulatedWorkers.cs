using SkyDriver.Reco;

namespace SkyDriver.Scan.Tests;

/// <summary>Workers whose answers depend on the seed alone, as those of a deterministic reconstruction do.</summary>
internal static class SimulatedWorkers
{
    public static RecoRecord Answer(VariationSeed seed)
    {
        // A bowl with bumps, equal values here and there, and failed fits (all variations of some pixels).
        double bowl = 1000 * (1 - Math.Cos(seed.Zenith - 1.1)) + 300 * (1 - Math.Cos(seed.Azimuth - 2.2));
        double llh = Math.Round(bowl + 5 * Math.Sin(40 * seed.Zenith) * Math.Cos(31 * seed.Azimuth) + (seed.Start.X + seed.Start.Z) * 0.01);
        bool failed = seed.Ipix % 11 == 3 || (seed.Ipix + seed.Posvar) % 7 == 1;
        return new(
            seed.Nside, seed.Ipix, seed.Posvar, failed ? double.NaN : llh, seed.Start.Energy, 2 * llh, seed.Start.X + 1, seed.Start.Y - 1, seed.Start.Z + seed.Posvar,
            seed.Start.Time, llh / 3, 1);
    }

    public static byte[] InOrder(ScanPlan plan)
    {
        var ledger = new ScanLedger(plan, 0);
        double now = 0;
        while (!ledger.Finished)
        {
            if (ledger.RoundDue) ledger.OpenRound(++now);
            foreach (var seed in ledger.TakeBatch(int.MaxValue, ++now)) ledger.Fold(Answer(seed), ++now);
        }

        return ledger.BuildResult(true).ToNpz();
    }

    /// <summary>Random batches, answers late, lost, doubled and out of order; now and then the ledger is lost and restored, with what it had stored.</summary>
    public static byte[] Chaotic(ScanPlan plan, Random random, out int restores, out int duplicates)
    {
        var ledger = new ScanLedger(plan, 0);
        var segments = new List<ReadOnlyMemory<byte>>();
        byte[] snapshot = [];
        var underway = new List<RecoRecord>();
        double now = 0;
        restores = 0;
        long lastDuplicates = 0;
        while (!ledger.Finished)
        {
            now += random.NextDouble();
            if (ledger.RoundDue) ledger.OpenRound(now);
            ledger.Window = random.Next(1, 300);
            underway.AddRange(ledger.TakeBatch(random.Next(1, 60), now).Select(Answer));
            for (int n = random.Next(0, 40); n > 0 && underway.Count > 0; n--)
            {
                int i = random.Next(underway.Count);
                if (random.Next(20) != 0) ledger.Fold(underway[i], now);
                if (random.Next(10) != 0) underway.RemoveAt(i);           // or it comes again later
            }

            ledger.CallBackOverdue(now, 5 + random.NextDouble());
            lastDuplicates = Math.Max(lastDuplicates, ledger.Counts().Duplicates);
            if (random.Next(3) == 0)
            {
                LedgerDurabilityTests.AddLog(ledger, segments);
                if (random.Next(10) == 0) snapshot = LedgerDurabilityTests.Snapshot(ledger);
            }

            // Whatever was not stored is forgotten, also rounds and publications whose work is underway already.
            if (random.Next(10) == 0 && segments.Count > 0)
            {
                ledger = ScanLedger.Restore(plan, snapshot, segments);
                restores++;
            }
        }

        duplicates = (int)lastDuplicates;
        return ledger.BuildResult(true).ToNpz();
    }
}
