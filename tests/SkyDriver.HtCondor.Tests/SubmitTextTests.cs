using HtCondor.Double;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor.Tests;

public sealed class SubmitTextTests
{
    [Fact]
    public void Arguments_AnyTexts_ComeOutAsTheyWentIn() => Nasty.ForAll(2000, nasty =>
    {
        string[] arguments = [.. nasty.Texts().Where(t => SubmitText.FaultOf(t) is null)];
        SubmitFile file = SubmitFile.Parse($"arguments = {SubmitText.Arguments(arguments)}\nqueue 1\n");
        Assert.Equal(arguments, file.Arguments(7, 0));
        Assert.Equal((1, 1, 0), (file.Count, file.Commands.Count, file.Macros.Count));
    });

    [Fact]
    public void Environment_AnyTexts_ComeOutAsTheyWentIn() => Nasty.ForAll(2000, nasty =>
    {
        Dictionary<string, string> variables = nasty.Texts().Where(t => SubmitText.FaultOf(t) is null).Select((v, i) => (Name: $"V{i}", v)).ToDictionary(p => p.Name, p => p.v);
        SubmitFile file = SubmitFile.Parse($"environment = {SubmitText.Environment(variables, new KeyValuePair<string, string>("ID", "p-$(ClusterId).$(ProcId)"))}\nqueue 2\n");
        Assert.Equal(new Dictionary<string, string>(variables) { ["ID"] = "p-7.1" }, file.Environment(7, 1));
        Assert.True(file.Macros.SetEquals(["ClusterId", "ProcId"]));
    });

    [Fact]
    public void Encode_AnyText_IsANameThatComesBack() => Nasty.ForAll(2000, nasty =>
    {
        string text = nasty.Text(), name = SubmitText.Encode(text);
        Assert.All(name, c => Assert.True(char.IsAsciiLetterOrDigit(c) || "._:@/+-%".Contains(c)));
        Assert.Equal(text, SubmitText.Decode(name));
    });

    [Theory]
    [InlineData("0123abcd", "0123abcd")]
    [InlineData("a b", "a%20b")]
    [InlineData("100%", "100%25")]
    [InlineData("$(ProcId)\n", "%24%28ProcId%29%0A")]
    [InlineData("ä", "%C3%A4")]
    public void Encode_Specified(string text, string name) => Assert.Equal(name, SubmitText.Encode(text));

    // As the recorded pool took them: its ad had -c echo' 'it''''s' '"q"' '$FARM_TASK;' 'exit' '3.
    [Fact]
    public void Arguments_TheRecordedOnes_AreWrittenInTheSameSyntax() =>
        Assert.Equal("\"-c 'echo it''s \"\"q\"\" $(DOLLAR)FARM_TASK; exit 3' ''\"", SubmitText.Arguments(["-c", "echo it's \"q\" $FARM_TASK; exit 3", ""]));

    [Theory]
    [InlineData("a\nqueue 5", "control character")]
    [InlineData("a\r", "control character")]
    [InlineData("\0", "control character")]
    [InlineData("$$(Arch)", "'$$'")]
    public void FaultOf_WhatNoQuotingCanHold_SaysWhy(string text, string reason) => Assert.Contains(reason, SubmitText.FaultOf(text));

    [Fact]
    public void FaultOf_HalfACharacter_SaysSo() => Assert.Equal("has half a character", SubmitText.FaultOf("a" + '\ud800'));

    [Theory]
    [InlineData("sub-2-17.3", "sub-2", 17, 3)]
    [InlineData("a-1.0-2.0", "a-1.0", 2, 0)]
    public void WorkerName_OwnId_IsReadBack(string id, string place, int cluster, int proc)
    {
        Assert.Equal(new WorkerName(place, cluster, proc), WorkerName.Parse(id));
        Assert.Equal(id, WorkerName.Parse(id).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("17.3")]
    [InlineData("sub-2-17")]
    [InlineData("sub-2-017.3")]
    [InlineData("sub-2-17.03")]
    [InlineData("sub-2-99999999999.0")]
    [InlineData("sub-2-17.3\n")]
    [InlineData("sub-2-17.3 || true")]
    public void WorkerName_AnyOther_IsNone(string id) => Assert.Null(WorkerName.Parse(id));
}
