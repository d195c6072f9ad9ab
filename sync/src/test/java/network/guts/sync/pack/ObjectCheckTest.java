package network.guts.sync.pack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectCheckTest {
    private static final String ID = "12".repeat(20);
    private static final String WHO = "A <a@x> 1 +0000\n";
    private static final String COMMIT =
            "tree " + ID + "\nparent " + ID + "\nauthor " + WHO + "committer " + WHO + "\nhi\n";
    private static final String TAG = "object " + ID + "\ntype commit\ntag v1\ntagger " + WHO + "\nhi\n";

    @TempDir
    private Path folder;

    private static String check(ObjectType type, byte[] data) {
        References references = new References(1, 1000);
        String wrong = type == ObjectType.TREE
                ? new TreeCheck(references).check(data, data.length)
                : new ObjectCheck(references).check(type.code(), data, data.length);
        return wrong == null ? "" : wrong;
    }

    /** Whether git, asked strictly, takes it: only for what it calls errors. */
    private boolean gitTakes(String type, byte[] data) throws IOException {
        GitSandbox git = new GitSandbox(folder);
        if (!Files.exists(folder.resolve("config"))) {
            git.git("init", "-q", "--bare", ".");
        }
        String id = git.git(data, "hash-object", "--literally", "-t", type, "-w", "--stdin")
                .strip();
        return git.run(new byte[0], "fsck", "--strict", "--no-dangling")
                .text()
                .lines()
                .noneMatch(line -> line.contains(id) && line.startsWith("error"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tree |\nauthor",
                "parent |\ntree |\nauthor %committer %\n",
                "tree 12\nauthor %committer %\n",
                "tree |\nparent 12\nauthor %committer %\n",
                "tree |\nauthor %author %committer %\n",
                "tree |\ncommitter %\n",
                "tree |\nauthor %\n",
                "tree |\nauthor A a@x 1 +0000\ncommitter %\n",
                "tree |\nauthor A<a@x> 1 +0000\ncommitter %\n",
                "tree |\nauthor A <a@x 1 +0000\ncommitter %\n",
                "tree |\nauthor A <a<x> 1 +0000\ncommitter %\n",
                "tree |\nauthor A> <a@x> 1 +0000\ncommitter %\n",
                "tree |\nauthor A <a@x>1 +0000\ncommitter %\n",
                "tree |\nauthor A <a@x> one +0000\ncommitter %\n",
                "tree |\nauthor A <a@x> 01 +0000\ncommitter %\n",
                "tree |\nauthor A <a@x> 99999999999999999999 +0000\ncommitter %\n",
                "tree |\nauthor A <a@x> 1 0000\ncommitter %\n",
                "tree |\nauthor A <a@x> 1 +000\ncommitter %\n",
                "tree |\nauthor <a@x> 1 +0000\ncommitter %\n",
                "tree |\nauthor %committer A <a@x>\n\n",
                "tree |\nauthor %com\0mitter %\n"
            })
    void commitsThatGitRefuses(String text) throws Exception {
        byte[] data = RawPack.bytes(text.replace("|", ID).replace("%", WHO));
        assertThat(check(ObjectType.COMMIT, data)).isNotEmpty();
        assertThat(gitTakes("commit", data)).isFalse();
    }

    @Test
    void goodCommitsAndTags() throws Exception {
        for (String text : new String[] {
            COMMIT,
            "tree " + ID + "\nauthor " + WHO + "committer " + WHO,
            "tree " + ID + "\nauthor  <> 0 -0000\ncommitter " + WHO + "encoding x\ngpgsig y\n z\n\n\0 later",
        }) {
            assertThat(check(ObjectType.COMMIT, RawPack.bytes(text))).isEmpty();
        }
        assertThat(check(ObjectType.TAG, RawPack.bytes(TAG))).isEmpty();
        assertThat(check(ObjectType.TAG, RawPack.bytes(TAG.replaceAll("tagger .*\n", ""))))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "object 12\ntype commit\ntag v\ntagger %\n",
                "object |\ntag v\ntagger %\n",
                "object |\ntype thing\ntag v\ntagger %\n",
                "object |\ntype commit\ntagger %\n",
                "object |\ntype commit\ntag v\ntagger A a@x\n\n"
            })
    void tagsThatGitRefuses(String text) throws Exception {
        byte[] data = RawPack.bytes(text.replace("|", ID).replace("%", WHO));
        assertThat(check(ObjectType.TAG, data)).isNotEmpty();
        assertThat(gitTakes("tag", data)).isFalse();
    }

    /** Entries as {@code mode name}, separated by {@code |}. */
    private static byte[] tree(String entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String entry : entries.split("\\|", -1)) {
            out.writeBytes(RawPack.bytes(entry + "\0" + "a".repeat(20)));
        }
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "100644 b|100644 a",
                "100644 a|100644 a",
                "100644 a|40000 a",
                "100644 a|100644 a.b|40000 a",
                "100644 a|100644 a.b|40000 a.b.c|100644 a.b.d|40000 a",
                "40000 a|100644 a.b",
                "100644 .",
                "40000 ..",
                "40000 .git",
                "40000 .GiT",
                "100644 a/b",
                "40000 git~1",
                "40000 .git ",
                "40000 .git.",
                "40000 .git::$INDEX_ALLOCATION",
                "100644 a\\.git\\b",
                "40000 .g\u00e2\u0080\u008cit",
                "120000 .gitmodules"
            })
    void treesThatGitRefuses(String entries) throws Exception {
        byte[] data = tree(entries);
        assertThat(check(ObjectType.TREE, data)).isNotEmpty();
        assertThat(gitTakes("tree", data)).isFalse();
    }

    @Test
    void treesThatAreCutOffOrNameNothing() {
        byte[] good = tree("100644 a");
        for (int length = 1; length < good.length; length++) {
            assertThat(new TreeCheck(new References(1, 10)).check(good, length)).isNotNull();
        }
        assertThat(check(ObjectType.TREE, RawPack.bytes("100644 \0" + "a".repeat(20))))
                .contains("no name");
        assertThat(check(ObjectType.TREE, RawPack.bytes("100644 x\0" + "\0".repeat(20))))
                .contains("null");
        assertThat(check(ObjectType.TREE, RawPack.bytes("x00644 x\0" + "a".repeat(20))))
                .contains("mode");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "100644 a|100755 b|120000 c|160000 d|40000 e",
                "100644 a|100644 a.b|40000 a.c|100644 a0|40000 ab",
                "100644 a-b|40000 a|100644 a0",
                "100644 .gitignore|100644 .gitmodules|100644 git|100644 git~2",
                "040000 padded",
                "100664 old"
            })
    void goodTrees(String entries) {
        assertThat(check(ObjectType.TREE, tree(entries))).isEmpty();
    }

    @Test
    void treesMadeFromOthersAreCheckedAsStrictly() {
        byte[] base = tree("100644 a|100644 b|40000 c|100644 d|100644 f|100644 f.x");
        for (String bad : new String[] {
            "100644 a|100644 b|40000 c|100644 f|100644 d",
            "100644 a|100644 b|40000 .git|100644 d",
            "100644 a|100644 b|40000 b|40000 c",
            "100644 a|100644 f|100644 f.x|40000 f",
        }) {
            byte[] data = tree(bad);
            assertThat(new TreeCheck(new References(1, 100)).check(data, data.length, base, base.length))
                    .as(bad)
                    .isNotNull();
        }
        for (String good : new String[] {
            "100644 a|100644 b|40000 c|100644 d|100644 f|100644 f.x",
            "100644 b|40000 c|100644 d",
            "100644 0|100644 a|100644 b|40000 c|100644 c0|100644 d|100644 g",
            "40000 a|100755 b|100644 c|40000 f",
            "",
        }) {
            byte[] data = good.isEmpty() ? new byte[0] : tree(good);
            if (data.length > 30) {
                // Another object under the second name.
                data[data.length - 1] = 'b';
            }
            References all = new References(1, 100);
            References since = new References(1, 100);
            TreeCheck check = new TreeCheck(since);
            assertThat(check.check(base, base.length)).isNull();
            assertThat(check.check(data, data.length, base, base.length))
                    .as(good)
                    .isNull();
            TreeCheck whole = new TreeCheck(all);
            assertThat(whole.check(base, base.length)).isNull();
            assertThat(whole.check(data, data.length)).isNull();
            assertThat(list(since)).as(good).isEqualTo(list(all));
        }
    }

    private static java.util.Set<String> list(References references) {
        java.util.Set<String> all = new java.util.TreeSet<>();
        references.forEach((id, type) -> all.add(new String(id, java.nio.charset.StandardCharsets.US_ASCII) + type));
        return all;
    }
}
