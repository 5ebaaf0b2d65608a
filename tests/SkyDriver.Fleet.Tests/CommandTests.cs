using FsCheck;
using FsCheck.Fluent;

namespace SkyDriver.Fleet.Tests;

public class CommandTests
{
    // By the rules of the shell's lexer (POSIX, Shell Command Language, 2.2 Quoting).
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("  a\tb \n c ", new[] { "a", "b", "c" })]
    [InlineData("a 'b c' \"d e\"", new[] { "a", "b c", "d e" })]
    [InlineData("x''y \"\" ''", new[] { "xy", "", "" })]
    [InlineData("a\\ b \\'c", new[] { "a b", "'c" })]
    [InlineData("'a\\nb'", new[] { "a\\nb" })]
    [InlineData("\"a\\\"b\\\\c\\$d\\n\"", new[] { "a\"b\\c$d\\n" })]
    [InlineData("echo $HOME *.txt `id` > x", new[] { "echo", "$HOME", "*.txt", "`id`", ">", "x" })]
    [InlineData("a\\\nb", new[] { "ab" })]
    public void Split_ByTheLexersRules(string command, string[] expected)
    {
        Assert.True(CommandLine.TrySplit(command, out IReadOnlyList<string> arguments));
        Assert.Equal(expected, arguments);
    }

    [Theory]
    [InlineData("echo 'x")]
    [InlineData("echo \"x")]
    [InlineData("echo \"x\\\"")]
    [InlineData("echo x\\")]
    public void Split_NotClosed_SaysSo(string command)
    {
        Assert.False(CommandLine.TrySplit(command, out _));
        Assert.NotNull(CommandLine.WhyNot(command));
        Assert.Throws<FormatException>(() => CommandLine.Arguments(command, null));
        Assert.Equal(["sh", "-c", command], CommandLine.Arguments(command, "sh"));
    }

    [Fact]
    public void WhyNot_Nul_IsNamed() => Assert.Contains("NUL", CommandLine.WhyNot("a\0b"));

    [Fact]
    public void QuoteAndSplit_AnyText_IsTheSame() => Prop.ForAll(
        ArbMap.Default.ArbFor<NonNull<string>>(),
        text => CommandLine.TrySplit($"a {CommandLine.Quote(text.Get)} b", out IReadOnlyList<string> split) && split.Count == 3 && split[1] == text.Get)
        .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("echo 'a b' | wc", "sh", "sh -c 'echo '\\''a b'\\'' | wc'", true)]
    [InlineData("ls *", "bash", "bash -c 'ls *'", false)]
    public void ForShell_Quotes_AreEscapedAndTold(string script, string shell, string expected, bool warns)
    {
        string command = CommandLine.ForShell(script, shell, out bool escaped);
        Assert.Equal((expected, warns), (command, escaped));
        Assert.Equal([shell, "-c", script], CommandLine.Arguments(command, null));
    }

    [Fact]
    public void CacheKey_WhatDeterminesTheResult_AndNothingElse()
    {
        TaskText text = new("n", "run", "sh", "a b", "r", "out", "img", "-v");
        UInt128 key = CacheKey.Of(text);
        Assert.Equal(key, CacheKey.Of(text with { Name = "other", Output = "elsewhere", Input = "b  a" }));
        foreach (TaskText other in new[] { text with { Command = "run2" }, text with { Shell = null }, text with { Input = "a" }, text with { Resource = null }, text with { Container = "i2" }, text with { ContainerOptions = "" } })
            Assert.NotEqual(key, CacheKey.Of(other));
        // Nothing moves from one part into the next.
        Assert.NotEqual(CacheKey.Of(new(null, "ab", Container: "c")), CacheKey.Of(new(null, "a", Container: "bc")));
    }
}
