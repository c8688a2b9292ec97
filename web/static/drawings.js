// The drawings that the check knows.

// 60 bits of the hash of each symbol of web/pages/sprite.svg, as a browser writes it; a test holds both the same.
export const DRAWINGS = (
  "5kpbeiea5gni 6w7iwdtv6xyx c2fmeplgczhn yixrnlv3rxvi epz4jmj6pf4e gdzvsz263rdv w34r65jioh4p ovusxoqkmxe4 " +
  "idqeu2usbd6w 7vwnqxdz53oj cbp5kqijpdkl 42ckw6zuuasc axznr7c4cjhi x2jy6bpqt2tp f2aegyygx6sr aydefay52nqo " +
  "373tev3rbyt4 vhb54wyxhrdo wpmapr7jxj7c sg37bfkmghal rjbppnkg6eyc ydhteanvajoh jydk4qo32fkr jxz7vqfvrf6s " +
  "gqgkcgozvano h4f2gjqqlm6x q6hxzf6cjp4y e2ek5tefbnga hj4ikuqfpo3t igahji3boxpd gcwmvnpiuwhx 6aumlb3pzpoc " +
  "wrg2b52ia2nn rbhy3hzd7idb 3qn4pmwn43ez jh2x7urtpsdj ajiu3vowoyfk 7fal7svisx56 or6slbnepcdt bqer4fcdiio6"
).split(" ");
