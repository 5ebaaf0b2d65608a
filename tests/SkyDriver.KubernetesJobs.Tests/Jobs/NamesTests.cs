using SkyDriver.KubernetesJobs.Jobs;

namespace SkyDriver.KubernetesJobs.Tests.Jobs;

public sealed class NamesTests
{
    [Fact]
    public void Job_AnyTexts_IsALabelThatLeavesRoomForTheIndex() => Assert.All(HostileTexts.Pairs(), pair =>
    {
        string name = Names.Job("workers-kubernetes", "sub-2", pair.A, pair.B);
        Assert.True(Names.IsLabel(name) && name.Length <= 47, name);
        Assert.Equal(name, Names.Job("workers-kubernetes", "sub-2", pair.A, pair.B));
    });

    [Fact]
    public void Job_DifferentTexts_HaveDifferentNames()
    {
        string[] texts = [.. HostileTexts.Pairs().SelectMany(p => new[] { p.A, p.B }).Distinct()];
        Assert.Equal(texts.Length, texts.Select(t => Names.Job("i", "p", t, "k")).Distinct().Count());
        Assert.Equal(texts.Length, texts.Select(t => Names.Job("i", "p", "s", t)).Distinct().Count());
        Assert.Equal(texts.Length, texts.Select(t => Names.Job("i", t, "s", "k")).Distinct().Count());
    }

    [Fact]
    public void Hash_TextsThatJoinToTheSame_Differ()
    {
        Assert.NotEqual(Names.Hash("a", "bc"), Names.Hash("ab", "c"));
        Assert.NotEqual(Names.Hash("a"), Names.Hash("a", ""));
    }

    /// <summary>Released: Jobs of a running service must be found again by a newer launcher.</summary>
    [Fact]
    public void Job_KnownTexts_KeepsItsName() => Assert.Equal("scan-7f3a-efw5byunsw3qwtai", Names.Job("workers-kubernetes", "", "scan 7F3A", "start"));

    [Fact]
    public void WorkerId_AnyJob_IsReadAgain() => Assert.All(HostileTexts.Pairs(), pair =>
    {
        string job = Names.Job("i", "", pair.A, pair.B);
        int index = pair.A.Length * 37 % 100_000;
        Assert.True(Names.TryParseWorkerId(Names.WorkerId(job, index), out string readJob, out int readIndex));
        Assert.Equal((job, index), (readJob, readIndex));
    });

    [Fact]
    public void WorkerId_AnyText_IsReadOnlyAsItIsWritten() => Assert.All(HostileTexts.Pairs(), pair =>
        Assert.True(!Names.TryParseWorkerId(pair.A, out string job, out int index) || Names.WorkerId(job, index) == pair.A, pair.A));

    [Theory]
    [InlineData("job-01")]
    [InlineData("job--1")]
    [InlineData("job-")]
    [InlineData("-1")]
    [InlineData("../x-1")]
    [InlineData("job,all-1")]
    [InlineData("job-99999999999")]
    public void WorkerId_NotOfALauncher_IsRefused(string text) => Assert.False(Names.TryParseWorkerId(text, out _, out _));

    [Fact]
    public void Selectors_AnyScan_NameOneScanOfOneInstance() => Assert.All(HostileTexts.Pairs(), pair =>
    {
        string[] parts = Marks.OfScan("workers-kubernetes", pair.A).Split(',');
        Assert.Equal(3, parts.Length);
        Assert.All(parts, p => Assert.True(p.Split('=') is [{ } key, { } value] && Names.IsKey(key) && Names.IsLabelValue(value), p));
    });

    [Theory]
    [InlineData("", "")]
    [InlineData("3", "3")]
    [InlineData("1,3-5,7", "1,3-5,7")]
    [InlineData("5,4,3,9", "3-5,9")]
    [InlineData("0-1000000000", "0-19")]
    [InlineData("a,1-2-3,-,2", "2")]
    public void IndexSet_Text_IsReadWithinTheCount(string text, string expected) => Assert.Equal(expected, IndexSet.Format(IndexSet.Parse(text, 20)));

    [Theory]
    [InlineData("ghcr.io/icecube/worker:v1.2", true)]
    [InlineData("localhost:5000/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [InlineData("worker", true)]
    [InlineData("worker:v1\n", false)]
    [InlineData("worker:v1 --privileged", false)]
    [InlineData("WORKER", false)]
    [InlineData("a//b", false)]
    [InlineData("", false)]
    public void Image_Reference_IsJudged(string image, bool isGood) => Assert.Equal(isGood, Images.IsReference(image));
}
