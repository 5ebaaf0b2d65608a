using System.Text.RegularExpressions;

namespace SkyDriver.Integration.Tests;

/// <summary>What docs/operations.md tells people to type does what it says there.</summary>
public sealed class OperationsGuideTests
{
    private const string Nsides = "1:0 2:12", Dump = "pg_dump ", Restore = "pg_restore ", Copy = "cp -a ", PutBack = "rm -rf ";

    /// <summary>Asked of a service. The last one makes a scan.</summary>
    private static readonly string[] Questions = ["skydriver doctor", "skydriver scan list", "skydriver scan show", "skydriver scan logs", "skydriver worker list", "skydriver scan rescan"];

    [Fact]
    public void Guide_EveryCommand_IsRunOrParsedByATest()
    {
        // kubectl, helm and dapr need a cluster: tests/Deploy.Tests parses their lines. Nobody has a Redis here.
        string[] elsewhere = ["kubectl ", "helm ", "dapr run ", "redis-cli BGSAVE", "skydriver up"];
        string[] run = [.. Questions, Dump, Restore, Copy, PutBack];
        Assert.DoesNotContain(OperationsGuide.Commands, command => !run.Concat(elsewhere).Any(known => command.StartsWith(known, StringComparison.Ordinal)));
        Assert.All(run, known => Assert.Contains(OperationsGuide.Commands, command => command.StartsWith(known, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Guide_OnOneMachine_QuestionsAreAnsweredAndABackUpGivesTheSameBytes()
    {
        using TemporaryFolder work = new();
        string data = work["data"], scan;
        byte[] before;
        OperationsGuide guide = new(work.Path);
        await using (LocalService service = await LocalService.StartAsync(data))
        {
            scan = await service.RequestAsync(Nsides);
            await service.UntilCompleteAsync(scan);
            before = await ResultAsync(guide, service, scan, work["before"]);
            foreach (string question in OperationsGuide.Commands.Where(c => Questions[..^1].Any(q => c.StartsWith(q, StringComparison.Ordinal)))) await AskAsync(guide, service, question, scan);
        }

        await guide.RunAsync(OperationsGuide.Command(Copy), ("DATA", data));
        File.Delete(Path.Combine(data, "skydriver.db"));
        await guide.RunAsync(OperationsGuide.Command(PutBack), ("DATA", data));
        await using LocalService again = await LocalService.StartAsync(data);
        Assert.Equal(before, await ResultAsync(guide, again, scan, work["after"]));
        string repeated = (await AskAsync(guide, again, OperationsGuide.Command(Questions[^1]), scan)).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split(' ')[^1];
        Assert.NotEqual(scan, repeated);
        await again.UntilCompleteAsync(repeated);
    }

    [Fact]
    public async Task Guide_OnPostgreSql_ABackUpOfTheRunningServiceGivesTheSameBytes()
    {
        string? broker = Environment.GetEnvironmentVariable("CONFORMANCE_RABBITMQ"), server = Environment.GetEnvironmentVariable("CONFORMANCE_POSTGRESQL");
        Assert.SkipWhen(string.IsNullOrEmpty(broker) || string.IsNullOrEmpty(server), "CONFORMANCE_RABBITMQ or CONFORMANCE_POSTGRESQL is not set; tests/servers start DIR starts both and prints them");
        using TemporaryFolder work = new();
        OperationsGuide guide = new(work.Path);
        string name = $"guide_{Guid.NewGuid():N}", database = Regex.Replace(server!, "dbname=[^ ]+", $"dbname={name}"), components = Path.Combine(TestPaths.Repository, "components", "local-rabbitmq-postgres"), scan;
        (string, string)[] variables = [("SKYDRIVER_RABBITMQ", broker!), ("SKYDRIVER_POSTGRESQL", database), ("DATABASE", database), ("SERVER", server!)];
        await guide.RunAsync($"psql --quiet --command='create database {name}' \"$SERVER\"", variables);
        try
        {
            byte[] before;
            await using (LocalService service = await LocalService.StartOnAsync(components, work["data"], variables))
            {
                scan = await service.RequestAsync(Nsides);
                await service.UntilCompleteAsync(scan);
                before = await ResultAsync(guide, service, scan, work["before"]);
                await guide.RunAsync(OperationsGuide.Command(Dump), variables);
            }

            await guide.RunAsync($"psql --quiet --command='drop database {name} with (force)' --command='create database {name}' \"$SERVER\"", variables);
            await guide.RunAsync(OperationsGuide.Command(Restore), variables);
            // Onto what is there already, too.
            await guide.RunAsync(OperationsGuide.Command(Restore), variables);
            await using LocalService again = await LocalService.StartOnAsync(components, work["data again"], variables);
            Assert.Equal(before, await ResultAsync(guide, again, scan, work["after"]));
        }
        finally
        {
            await guide.RunAsync($"psql --quiet --command='drop database if exists {name} with (force)' \"$SERVER\"", variables);
        }
    }

    private static async Task<byte[]> ResultAsync(OperationsGuide guide, LocalService service, string scan, string folder)
    {
        await AskAsync(guide, service, $"skydriver scan result SCAN --out '{folder}'", scan);
        return await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(folder, "*.npz")));
    }

    private static Task<string> AskAsync(OperationsGuide guide, LocalService service, string command, string scan) =>
        guide.RunAsync(Regex.Replace(Regex.Replace(command, @"\bSCAN\b", scan), "https://skydriver[^ ]*", service.Http.BaseAddress!.ToString().TrimEnd('/')), ("SKYDRIVER_SERVER", service.Http.BaseAddress!.ToString()));
}
